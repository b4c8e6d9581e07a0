// What tests and tools need to run a hub in their own process.

export type { Hub } from "./hub.ts";
export { startHub } from "./hub.ts";
export type { HubOptions } from "./options.ts";
