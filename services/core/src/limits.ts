// Every bound of the system in one place, units in the name.

/** Entries of a frame are cut here; a larger section travels as several frames. */
export const frameBytesMax = 128 * 1024;

/** One gRPC message that is larger ends its session. */
export const messageBytesMax = 1024 * 1024;

/** One entry's value. */
export const entryBytesMax = 256 * 1024;

/** Key of an entry: `namespace`-scoped names of 253 + 1 + 253 characters fit. */
export const entryKeyCharsMax = 512;

/** Shards that one peer may hold. */
export const shardsPerPeerMax = 100_000;

/** Entries over all shards of one cluster. */
export const entriesPerClusterMax = 1_000_000;

/** Ranges that one cluster may report. */
export const rangesPerClusterMax = 4_096;

/** Next hops of one route: the kernel's message buffers drop wider sets silently. */
export const nextHopsPerRouteMax = 64;

/** Endpoints of one EndpointSlice (KEP-1645 imports). */
export const endpointsPerSliceMax = 100;

/** A busy session gathers changes for this long; an idle one sends at once. */
export const flushIntervalMs = 5;

/** What a cluster said itself comes back to it this much after everybody else was told. */
export const echoDelayMs = 5;

/** Receipts wait this long, so that one serves the frames of a moment. */
export const ackDelayMs = 20;

/** Beat of an idle session. */
export const beatIntervalMs = 5_000;

/** A session without any message for this long is over. */
export const sessionSilenceMs = 20_000;
