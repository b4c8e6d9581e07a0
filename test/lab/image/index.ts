// Makes container images without a container engine.

export { writeImageArchive } from "./archive.ts";
export type { ImageConfig } from "./archive.ts";
export { addPrograms } from "./libraries.ts";
