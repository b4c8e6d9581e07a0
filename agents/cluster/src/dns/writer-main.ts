// The writer's process, in every mesh-dns pod. With --once it is the pod's init container: it waits for the
// first configuration, writes both files and ends. Without, it carries every later one.

import { parseArgs } from "node:util";
import { pino } from "pino";
import { access } from "../kube/auth.ts";
import { createKubeClient } from "../kube/client.ts";
import { watchCorefile } from "./config-maps.ts";
import { peersPort } from "./front.ts";
import { writeFirst } from "./writer-first.ts";
import type { Sources } from "./writer-first.ts";
import { serveMetrics, writerMetrics } from "./writer-metrics.ts";
import type { WriterEvent } from "./writer.ts";
import { startWriter } from "./writer.ts";

const { values } = parseArgs({
  options: {
    once: { type: "boolean", default: false },
    kubeconfig: { type: "string" },
    directory: { type: "string", default: process.env["MESH_DNS_DIRECTORY"] ?? "/run/mesh-dns" },
    namespace: { type: "string", default: process.env["POD_NAMESPACE"] ?? "sealane-system" },
    front: { type: "string", default: process.env["MESH_DNS_FRONT_CONFIGMAP"] ?? "mesh-dns-front" },
    peers: { type: "string", default: process.env["MESH_DNS_PEERS_CONFIGMAP"] ?? "mesh-dns-peers" },
    "metrics-port": { type: "string", default: "9467" },
  },
});

const firstWaitMs = 10 * 60_000;
const log = pino({ name: "mesh-dns-writer" });
const { kubeconfig, directory, namespace } = values;
const client = createKubeClient(await access(kubeconfig === undefined ? {} : { kubeconfig }));
const sources: Sources = {
  front: { namespace, name: values.front, file: `${directory}/front/Corefile` },
  peers: { namespace, name: values.peers, file: `${directory}/peers/Corefile` },
};

if (values.once) await once();
else await carryOn();

async function once(): Promise<void> {
  try {
    await writeFirst(client, sources, (message) => log.info(message), AbortSignal.timeout(firstWaitMs));
    log.info({ directory }, "wrote the first configuration");
  } catch (error) {
    log.error(error instanceof Error ? error.message : String(error));
    process.exitCode = 1;
  } finally {
    await client.close();
  }
}

async function carryOn(): Promise<void> {
  const metrics = writerMetrics();
  const observe = (event: WriterEvent) => {
    metrics.observe(event);
    log[levelOf(event)](event, "problem" in event ? event.problem : event.kind);
  };
  const place = {
    file: sources.peers.file,
    server: { address: "127.0.0.1", port: peersPort },
    proofMs: 5_000,
  };
  const writer = await startWriter(place, observe);
  const stopped = new AbortController();
  const server = serveMetrics(metrics, Number(values["metrics-port"]));
  watchCorefile(
    client,
    sources.peers,
    {
      onText: (text) => writer.offer(text),
      onUnknown: (error) =>
        log.warn(`Cannot watch the peers ConfigMap; the file stays as it is: ${error.message}`),
    },
    stopped.signal,
  );
  const stop = () => {
    stopped.abort();
    server.close();
    server.closeAllConnections();
    void writer.stop().then(() => client.close());
  };
  process.once("SIGTERM", stop);
  process.once("SIGINT", stop);
}

function levelOf(event: WriterEvent): "info" | "warn" | "error" {
  switch (event.kind) {
    case "started":
    case "written":
    case "live":
      return "info";
    case "missing":
    case "unproven":
      return "warn";
    case "refused":
    case "failed":
      return "error";
  }
}
