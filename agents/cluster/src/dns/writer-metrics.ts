// What the writer tells operators: metrics and health over HTTP, and one log line for each event.

import type { Server } from "node:http";
import { createServer } from "node:http";
import { Counter, Gauge, Histogram, Registry } from "prom-client";
import type { WriterEvent } from "./writer.ts";

/** The writer's metrics. */
export interface WriterMetrics {
  readonly registry: Registry;
  observe(event: WriterEvent): void;
  text(): Promise<string>;
}

/** Fresh metrics in a registry of their own. */
export function writerMetrics(): WriterMetrics {
  const registry = new Registry();
  const registers = [registry];
  const events = new Counter({
    name: "sealane_mesh_dns_writer_events_total",
    help: "What became of peers configurations, by kind of event.",
    labelNames: ["kind"] as const,
    registers,
  });
  const live = new Gauge({
    name: "sealane_mesh_dns_newest_configuration_live",
    help: "1 when CoreDNS serves the newest configuration, 0 when it does not or the newest was refused.",
    registers,
  });
  const seconds = new Histogram({
    name: "sealane_mesh_dns_live_seconds",
    help: "From the file's replacement to CoreDNS serving it.",
    buckets: [0.1, 0.5, 1, 1.5, 2, 2.5, 3, 4, 5, 10],
    registers,
  });
  for (const kind of ["refused", "missing", "failed", "written", "live", "unproven"]) events.inc({ kind }, 0);
  return {
    registry,
    observe(event) {
      events.inc({ kind: event.kind });
      if (event.kind !== "missing") live.set(event.kind === "live" ? 1 : 0);
      if (event.kind === "live") seconds.observe(event.afterMs / 1_000);
    },
    text: () => registry.metrics(),
  };
}

/** Serves `/metrics` and `/healthz`. Healthy is a writer that runs: what CoreDNS serves must not restart it. */
export function serveMetrics(metrics: WriterMetrics, port: number): Server {
  const server = createServer((request, response) => {
    if (request.url === "/healthz") {
      response.end("ok\n");
    } else if (request.url === "/metrics") {
      void metrics.text().then(
        (text) => response.setHeader("content-type", "text/plain; version=0.0.4").end(text),
        () => response.writeHead(500).end(),
      );
    } else {
      response.writeHead(404).end();
    }
  });
  return server.listen(port);
}
