// The union of ports: which of two that collide is there, and that nothing is there twice.

import fc from "fast-check";
import { expect, test } from "vitest";
import { anyPorts } from "../testing/any-exports.ts";
import { exportFact, exportPort as port } from "../testing/mk.ts";
import type { ExportPort } from "./facts.ts";
import { merge } from "./merge.ts";
import { madePortName, portKey, uniteExportPorts } from "./unite-ports.ts";

test.each<readonly [name: string, sets: readonly (readonly ExportPort[])[], union: readonly ExportPort[]]>([
  [
    "of three protocols",
    [
      [port("tcp", 42), port("udp", 42, { protocol: "UDP" })],
      [port("tcp", 42), port("stcp", 142, { protocol: "SCTP" })],
    ],
    [port("stcp", 142, { protocol: "SCTP" }), port("tcp", 42), port("udp", 42, { protocol: "UDP" })],
  ],
  ["with a name twice: the older number", [[port("tcp", 42)], [port("tcp", 43)]], [port("tcp", 42)]],
  ["with a number twice: the older name", [[port("tcp", 42)], [port("web", 42)]], [port("tcp", 42)]],
  [
    "of two names and numbers",
    [[port("tcp", 42)], [port("tcp2", 4242)]],
    [port("tcp", 42), port("tcp2", 4242)],
  ],
  ["without names: once", [[port("", 80)], [port("", 8080)]], [port("", 80)]],
  ["with and without a name at one number: the older", [[port("", 80)], [port("http", 80)]], [port("", 80)]],
  [
    "with and without a name at two numbers: both",
    [[port("", 80)], [port("http", 81)]],
    [port("", 80), port("http", 81)],
  ],
  [
    "with a name that is made for an older one without a name: the older",
    [[port("", 80)], [port("port-80-tcp", 81)]],
    [port("", 80)],
  ],
  [
    "with a name that would be made for a younger one without a name: both",
    [[port("port-80-tcp", 81)], [port("", 80)], [port("port-80-tcp-2", 82)]],
    [port("", 80), port("port-80-tcp", 81)],
  ],
  [
    "one number of two protocols: both",
    [[port("dns", 53)], [port("dns-udp", 53, { protocol: "UDP" })]],
    [port("dns", 53), port("dns-udp", 53, { protocol: "UDP" })],
  ],
  [
    "that speak differently: once, as the older says",
    [[port("http", 80, { appProtocol: "h2c" })], [port("http", 80)]],
    [port("http", 80, { appProtocol: "h2c" })],
  ],
  [
    "by name before by number: a name that an older export has is taken, though that port lost its number",
    [[port("x", 80)], [port("y", 80)], [port("y", 81)]],
    [port("x", 80)],
  ],
  [
    "by name before by number: a number whose port lost its name is free",
    [[port("x", 80)], [port("x", 81)], [port("z", 81)]],
    [port("x", 80), port("z", 81)],
  ],
])("ports %s (C10, C11, C19, C20) (MCS 30)", (_, sets, union) => {
  expect(uniteExportPorts(sets)).toEqual(union);
});

test.each<readonly [name: string, own: ExportPort, exposed: readonly string[]]>([
  ["name, number and protocol agree", port("http", 80), ["http"]],
  ["it is said to speak something else", port("http", 80, { appProtocol: "h2c" }), ["http"]],
  ["its number lost", port("http", 81), []],
  ["its name lost", port("web", 80), []],
  ["its protocol lost", port("http", 80, { protocol: "SCTP" }), []],
  ["it has another name and number", port("other", 81), ["other"]],
])("a cluster exposes a port where %s (C19, C20) (MCS 31)", (_, own, exposed) => {
  const { service } = merge([
    { cluster: "a", fact: exportFact({ createdAt: 1, ports: [port("http", 80)] }) },
    { cluster: "b", fact: exportFact({ createdAt: 2, ports: [own] }) },
  ])!;
  expect(service.exporters).toMatchObject([
    { cluster: "a", ports: ["http"] },
    { cluster: "b", ports: exposed },
  ]);
});

const anySets = fc.array(anyPorts, { maxLength: 5 });

test("no name and no protocol with number is there twice, and every port is somebody's (MCS 30)", () => {
  fc.assert(
    fc.property(anySets, (sets) => {
      const union = uniteExportPorts(sets);
      expect(new Set(union.map((it) => it.name)).size).toBe(union.length);
      expect(new Set(union.map((it) => `${it.protocol}/${it.port}`)).size).toBe(union.length);
      for (const used of union) expect(sets.flat()).toContainEqual(used);
    }),
    { numRuns: 500 },
  );
});

test("a port is left out only where an older export has its name, or has it made, or its number (MCS 30)", () => {
  fc.assert(
    fc.property(anySets, (sets) => {
      const union = new Set(uniteExportPorts(sets).map(portKey));
      for (const [at, ports] of sets.entries()) {
        const older = sets.slice(0, at).flat();
        for (const own of ports.filter((it) => !union.has(portKey(it)))) {
          expect(
            older.some(
              (it) =>
                it.name === own.name ||
                (it.name === "" && own.name.startsWith(madePortName(it, new Set()))) ||
                (it.protocol === own.protocol && it.port === own.port),
            ),
          ).toBe(true);
        }
      }
    }),
    { numRuns: 500 },
  );
});

test("a younger export takes no port away and changes none (MCS 28)", () => {
  fc.assert(
    fc.property(anySets, anyPorts, (sets, youngest) => {
      const before = uniteExportPorts(sets);
      expect(uniteExportPorts([...sets, youngest])).toEqual(expect.arrayContaining([...before]));
    }),
    { numRuns: 500 },
  );
});
