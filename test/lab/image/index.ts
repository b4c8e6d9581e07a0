// Makes container images without a container engine.

export { packLayer, writeImageArchive, writeLayeredArchive } from "./archive.ts";
export type { ImageConfig, Layer } from "./archive.ts";
export { addPrograms } from "./libraries.ts";
