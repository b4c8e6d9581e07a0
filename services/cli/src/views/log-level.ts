// A program's log level as the command line shows it.

import type { Kind } from "../print/document.ts";

/** One item of a LogLevelList. */
export interface LogLevel {
  readonly component: "hub";
  readonly level: string;
  /** Before this invocation changed it; null when it did not. */
  readonly previous: string | null;
}

/** Of `logs level`. */
export const logLevelKind: Kind<LogLevel> = {
  word: "loglevel",
  document: "LogLevelList",
  name: (it) => `${it.component}/${it.level}`,
  columns: [
    { title: "COMPONENT", cell: (it) => it.component },
    { title: "LEVEL", cell: (it) => it.level },
    { title: "PREVIOUS", wide: true, cell: (it) => it.previous ?? "" },
  ],
};
