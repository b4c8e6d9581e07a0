// Every bound of the system in one place, units in the name.

/** Entries of a frame are cut here; a larger section travels as several frames. */
export const frameBytesMax = 128 * 1024;

/** One gRPC message that is larger ends its session. */
export const messageBytesMax = 1024 * 1024;

/** One fact's value, as a cluster says it. */
export const factBytesMax = 256 * 1024;

/** Exported labels of one ServiceExport together; a larger set is left out whole. */
export const exportedLabelsBytesMax = 64 * 1024;

/** Exported annotations of one ServiceExport together; Kubernetes lets all annotations of an object have twice as much. */
export const exportedAnnotationsBytesMax = 128 * 1024;

/** What each pair of name and value counts for beside its text, because that travels, too. */
export const exportedPairBytes = 16;

/** One entry's value: what the hub says of a fact may be longer than the fact. */
export const entryBytesMax = 512 * 1024;

/** Key of an entry: `namespace`-scoped names of 253 + 1 + 253 characters fit. */
export const entryKeyCharsMax = 512;

/** Shards that one peer may hold. */
export const shardsPerPeerMax = 100_000;

/** Shards that one message of a greeting lists: with the longest names they stay below `messageBytesMax`. */
export const heldPerMessageMax = 4_000;

/** Entries over all shards of one cluster. */
export const entriesPerClusterMax = 1_000_000;

/** Ranges that one cluster may report. */
export const rangesPerClusterMax = 4_096;

/** Refused ranges of one cluster whose verdicts say what they meet and what is free instead. */
export const refusalsExplainedMax = 256;

/** Freed ranges of one cluster that wait for others to let go of them; of more, the oldest are free at once. */
export const releasesPerClusterMax = 4_096;

/** Next hops of one route: the kernel's message buffers drop wider sets silently. */
export const nextHopsPerRouteMax = 64;

/** Endpoints of one EndpointSlice (KEP-1645 imports). */
export const endpointsPerSliceMax = 100;

/** Message of a Conflict condition. The API takes 32,768 characters; nobody reads them. */
export const conflictMessageCharsMax = 4_000;

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

/** Events of one kind that the journal remembers; the oldest of that kind goes first. */
export const eventsPerKindMax = 1_000;

/** Characters of an event's message. */
export const eventMessageCharsMax = 1_024;

/** Watches that one hub serves at a time. */
export const watchesMax = 64;

/** Agents and speakers look at what they stand on this often while all is well. */
export const checkIntervalMs = 15_000;

/** While something is wrong they look again this soon, so that a cure is seen. */
export const checkAgainMs = 5_000;

/** Clocks that differ by more make lags meaningless. */
export const clockOffsetSecondsMax = 1;

/** One Secret of an agent's last good state: a Secret holds at most 1 MiB. */
export const lastGoodPieceBytesMax = 768 * 1024;

/** Secrets of an agent's last good state. What needs more, compressed, is not kept. */
export const lastGoodPiecesMax = 8;

/** An agent's last good state is written this often at most. */
export const lastGoodIntervalMs = 3_000;

/** And so rarely that its bytes come to no more than this. */
export const lastGoodBytesPerSecondMax = 128 * 1024;

/** How long an agent waits for its hub before it relies on its last good state. */
export const lastGoodAloneMs = 5_000;
