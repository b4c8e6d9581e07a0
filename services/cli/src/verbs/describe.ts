// `sealane describe`: everything known about one thing, gathered from the hub's lists. Whatever it says, it is an
// answer: exit code 0.

import type { Command } from "commander";
import type { Call, Hub } from "../connect/hub.ts";
import { CliError, usageError } from "../error.ts";
import type { Io } from "../io.ts";
import { renderDocument } from "../print/document.ts";
import type { Format } from "../print/document.ts";
import type { Fact, Section } from "../print/sections.ts";
import { renderDescription } from "../print/sections.ts";
import type { ClusterDescription } from "../views/cluster-description.ts";
import { clusterFacts, clusterSections, ownExports } from "../views/cluster-description.ts";
import { toEvent } from "../views/event.ts";
import { conclude, toStep } from "../views/explanation.ts";
import { toName } from "../views/name.ts";
import { toRange } from "../views/range.ts";
import { toRoute } from "../views/route.ts";
import { toService } from "../views/service.ts";
import type { Import, ServiceDescription } from "../views/service-description.ts";
import { serviceFacts, serviceSections } from "../views/service-description.ts";
import { toStatus } from "../views/status.ts";
import type { GlobalFlags, Invocation } from "./verb.ts";
import { examples, parseServiceName, withHub } from "./verb.ts";

/** Clusters of which a service's import and routes are asked for when none is named: each costs the hub a full look. */
const askedMax = 16;

interface DescribeFlags extends GlobalFlags {
  readonly in?: string;
}

/** Adds the verb. */
export function addDescribe(program: Command, { io }: Invocation): void {
  const describe = program
    .command("describe")
    .description("Shows everything that is known about one cluster or service.")
    .usage("cluster|service NAME [options]")
    .argument("[what]", "cluster or service")
    .addHelpText("before", examples("sealane describe cluster a", "sealane describe service shop/web"))
    .action((word: string | undefined) => {
      const got = word === undefined ? "nothing is named" : `"${word}" has no description`;
      throw usageError(
        "describe",
        `Cannot describe: ${got}`,
        "it must be cluster or service",
        "sealane describe --help",
      );
    });
  describe
    .command("cluster")
    .description("Its session, ranges, exports, routes, names, reports, findings and newest events.")
    .argument("<NAME>", "the cluster")
    .addHelpText("before", examples("sealane describe cluster a", "sealane describe cluster a -o yaml"))
    .action(async (given: string, _, command: Command) => {
      const flags = command.optsWithGlobals<GlobalFlags>();
      const name = given.replace(/^cluster\//, "");
      const description = await withHub(flags, io, (hub) => describeCluster(hub, name, io.now()));
      await printDescription(`cluster/${name}`, "ClusterDescription", description, flags.output, io, {
        facts: clusterFacts(description, io.now()),
        sections: clusterSections(description),
      });
    });
  describe
    .command("service")
    .description(
      "Its exports with decisions, who imports it, routes in each importing cluster, names, events.",
    )
    .argument("<NAMESPACE/NAME>", "the service")
    .option("--in <cluster>", `only this importing cluster (else the first ${askedMax})`)
    .addHelpText(
      "before",
      examples("sealane describe service shop/web", "sealane describe service shop/web --in b -o wide"),
    )
    .action(async (given: string, _, command: Command) => {
      const flags = command.optsWithGlobals<DescribeFlags>();
      const name = given.replace(/^service\//, "");
      const service = parseServiceName(name);
      const description = await withHub(flags, io, (hub) => describeService(hub, service, flags.in));
      await printDescription(`service/${name}`, "ServiceDescription", description, flags.output, io, {
        facts: serviceFacts(description),
        sections: serviceSections(description),
      });
    });
}

async function describeCluster(hub: Hub, name: string, now: number): Promise<ClusterDescription> {
  const object = `cluster/${name}`;
  const ask = <T>(call: Call<T>) => hub.ask(`describe cluster "${name}"`, object, call);
  const status = await ask((client, options) => client.getStatus({}, options));
  if (!status.clusters.some((cluster) => cluster.name === name)) throw notFound("cluster", name);
  const [ranges, services, routes, names, events] = await Promise.all([
    ask((client, options) => client.listRanges({ cluster: name }, options)),
    ask((client, options) => client.listServices({}, options)),
    ask((client, options) => client.listRoutes({ cluster: name }, options)),
    ask((client, options) => client.listNames({}, options)),
    ask((client, options) => client.listEvents({ cluster: name }, options)),
  ]);
  const judged = ranges.ranges.map(toRange);
  const quarantined = judged.filter((range) => range.state === "quarantined");
  const [cluster] = toStatus(hub.address, status, quarantined, now).clusters.filter((it) => it.name === name);
  if (cluster === undefined) throw notFound("cluster", name);
  return {
    cluster,
    ranges: judged,
    exports: ownExports(name, services.services.map(toService)),
    routes: routes.routes.map(toRoute),
    names: names.names.map(toName).filter((it) => it.cluster === name),
    events: events.events.map(toEvent),
  };
}

async function describeService(
  hub: Hub,
  { namespace, name }: ReturnType<typeof parseServiceName>,
  only: string | undefined,
): Promise<ServiceDescription> {
  const text = `${namespace}/${name}`;
  const object = `service/${text}`;
  const ask = <T>(call: Call<T>) => hub.ask(`describe service "${text}"`, object, call);
  const { services } = await ask((client, options) => client.listServices({ namespace }, options));
  const found = services.find((it) => it.name === name);
  if (found === undefined) throw notFound("service", text);
  const service = toService(found);
  const [clusters, names, events] = await Promise.all([
    ask((client, options) => client.listClusters({}, options)),
    ask((client, options) => client.listNames({}, options)),
    ask((client, options) => client.listEvents({}, options)),
  ]);
  const all = clusters.clusters.map((cluster) => cluster.name);
  const asked = only === undefined ? all.slice(0, askedMax) : [only];
  const imports = await Promise.all(
    asked.map(async (cluster): Promise<Import> => {
      const [explained, { routes }] = await Promise.all([
        ask((client, options) => client.explainImport({ cluster, namespace, name }, options)),
        ask((client, options) => client.listRoutes({ cluster }, options)),
      ]);
      const steps = explained.steps.map(toStep);
      const { answer, decisive = steps.at(-1) } = conclude(steps);
      const { reason = null, message = "" } = decisive ?? {};
      return {
        cluster,
        answer,
        reason,
        message,
        routes: routes.map(toRoute).filter((it) => it.purpose === text),
      };
    }),
  );
  return {
    service,
    imports,
    notAsked: only === undefined ? all.slice(askedMax) : [],
    names: names.names.map(toName).filter((it) => it.name.startsWith(`${name}.${namespace}.svc.`)),
    events: events.events.map(toEvent).filter((it) => it.subject === object),
  };
}

async function printDescription(
  identity: string,
  kind: string,
  description: object,
  format: Format,
  io: Io,
  person: { readonly facts: readonly Fact[]; readonly sections: readonly Section[] },
): Promise<void> {
  const options = { colour: io.stdout.colour, now: io.now() };
  if (format === "name") io.stdout.write(`${identity}\n`);
  else if (format === "json" || format === "yaml") {
    io.stdout.write(await renderDocument({ kind, items: [description] }, format));
  } else io.stdout.write(renderDescription(person.facts, person.sections, { ...options, format }));
}

function notFound(word: "cluster" | "service", name: string): CliError {
  return new CliError({
    reason: "NotFound",
    object: `${word}/${name}`,
    message: `Cannot describe ${word} "${name}": the hub has none of that name`,
    must: "",
    next: `sealane get ${word}s`,
  });
}
