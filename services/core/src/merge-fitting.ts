// Keeps a merged service as small as what travels in one entry: an entry that is larger would end the session of every
// cluster. Exports that are too many together are refused from the youngest on, so that none takes an older one's place.

import { comparePrecedence, type Constituent } from "./constituent.ts";
import { entryBytesMax } from "./limits.ts";
import { merge, type Merged } from "./merge.ts";
import type { MergedService } from "./published.ts";

/** Bytes that a field, or a message within another, needs beside its text, at most: tag and length, or tag and number. */
const fieldBytes = 5;

/** What was merged, and whose exports found no room. */
export interface Fitting {
  readonly merged: Merged | undefined;
  readonly refused: ReadonlySet<string>;
}

/** Merges as many exports of one name as fit, by seniority: all of them, but for names with thousands of ports. */
export function mergeFitting(exports: readonly Constituent[], bytesMax: number = entryBytesMax): Fitting {
  const all = merge(exports);
  if (all === undefined || fitsIn(all.service, bytesMax)) return { merged: all, refused: new Set() };
  const ranked = exports.toSorted(comparePrecedence);
  let [fits, tooMany] = [0, ranked.length];
  while (tooMany - fits > 1) {
    const half = Math.floor((fits + tooMany) / 2);
    if (fitsIn(merge(ranked.slice(0, half))!.service, bytesMax)) fits = half;
    else tooMany = half;
  }
  return {
    merged: merge(ranked.slice(0, fits)),
    refused: new Set(ranked.slice(fits).map(({ cluster }) => cluster)),
  };
}

/** Whether the service, as it travels, surely has no more bytes. */
function fitsIn(service: MergedService, bytesMax: number): boolean {
  let [chars, texts] = [0, 0];
  for (const text of textsOf(service)) {
    chars += text.length;
    texts++;
  }
  const rest = bytesMax - texts * fieldBytes;
  // A character has at most three bytes; most have one, which is looked at only where it decides.
  return 3 * chars <= rest || (chars <= rest && utf8Bytes(textsOf(service)) <= rest);
}

/** Every text of a service, and an empty one for whatever else takes a field's place. */
function* textsOf(service: MergedService): Generator<string, undefined> {
  yield* [service.owner, service.sessionAffinity, service.internalTrafficPolicy, service.trafficDistribution];
  yield* [...service.ipFamilies, "", ""];
  for (const { name, appProtocol } of service.ports) yield* [name, appProtocol, "", "", ""];
  for (const entry of [...Object.entries(service.labels), ...Object.entries(service.annotations)])
    yield* [...entry, ""];
  for (const { cluster, clusterAddresses, ports } of service.exporters)
    yield* [cluster, ...clusterAddresses, ...ports, "", ""];
}

function utf8Bytes(texts: Iterable<string>): number {
  let bytes = 0;
  for (const text of texts) {
    for (let at = 0; at < text.length; at++) {
      const code = text.charCodeAt(at);
      // Half of a character outside the basic plane counts as three: four would do for both.
      bytes += code < 0x80 ? 1 : code < 0x800 ? 2 : 3;
    }
  }
  return bytes;
}
