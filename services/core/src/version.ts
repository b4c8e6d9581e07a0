// The version of this build; the one place that says it.

/** Version of every program and workspace of the project. */
export const version = "0.1.0";
