// What the two properties of a member do while people, and a cluster without the About API, have their way with them:
// one suite for the fake and for a real API server.

import { readFile } from "node:fs/promises";
import { pino } from "pino";
import { afterEach, beforeEach, expect, onTestFinished, test } from "vitest";
import { parse } from "yaml";
import { createKubeClient } from "../../kube/client.ts";
import type { KubeClient } from "../../kube/client.ts";
import { KubeError, hasStatus } from "../../kube/error.ts";
import { EventRecorder } from "../../kube/events.ts";
import { collectionPath, resources } from "../../kube/resource.ts";
import { fixtures } from "../../kube/testing/fixtures.ts";
import type { Fixtures } from "../../kube/testing/fixtures.ts";
import { recordingClient, withRequest } from "../../kube/testing/harness.ts";
import type { Harness, RecordingClient } from "../../kube/testing/harness.ts";
import { eventually } from "../../kube/testing/wait.ts";
import { keepProperties } from "../keep-properties.ts";
import type { PropertiesPart } from "../keep-properties.ts";
import { clusterProperty, setProperty } from "../property.ts";

const resource = resources.clusterProperties;
const crds = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";
const crdFile = new URL("../../../../../deploy/crds/clusterproperties.yaml", import.meta.url);
const set = "mesh.example";

let harness: Harness;
let client: KubeClient;
/** The agent's own. */
let watched: RecordingClient;
let kube: Fixtures;
let logged: string[];
/** Nothing may be written. */
let denied: boolean;

async function isServed(): Promise<boolean> {
  try {
    await client.request("GET", collectionPath(resource));
    return true;
  } catch (error) {
    if (hasStatus(error, 404)) return false;
    throw error;
  }
}

async function installKind(): Promise<void> {
  const body = parse(await readFile(crdFile, "utf8")) as object;
  await client.request("POST", crds, { body }).catch((error: unknown) => {
    if (!hasStatus(error, 409)) throw error;
  });
  await eventually("ClusterProperties to be served", isServed, 20_000);
}

async function removeKind(): Promise<void> {
  await client.request("DELETE", `${crds}/clusterproperties.about.k8s.io`).catch((error: unknown) => {
    if (!hasStatus(error, 404)) throw error;
  });
  await eventually("ClusterProperties not to be served", async () => !(await isServed()), 20_000);
}

/** A member's part, and how its term ends. */
function member(cluster: string): PropertiesPart & { readonly end: () => void } {
  const term = new AbortController();
  onTestFinished(() => term.abort());
  const { signal } = term;
  const log = pino({ level: "info" }, { write: (line: string) => void logged.push(line) });
  const part = keepProperties({
    client: watched,
    term: { signal, isCurrent: () => !signal.aborted },
    cluster,
    events: new EventRecorder(watched, { instance: "test" }, signal),
    log,
  });
  part.offer(set);
  return { ...part, end: () => term.abort() };
}

/** What the two say, `!` behind what does not carry our mark. */
async function said(): Promise<string> {
  const texts = [clusterProperty, setProperty].map(async (name) => {
    const found = await kube.get(resource, "", name);
    const mark = found?.metadata.labels?.["app.kubernetes.io/managed-by"] === "sealane" ? "" : "!";
    return found === undefined ? "-" : `${found["spec"].value}${mark}`;
  });
  return (await Promise.all(texts)).join(" ");
}

const says = (text: string) =>
  eventually(`the properties to say ${text}`, async () => (await said()) === text);

/** Writes of properties since the last call: `DELETE set`. */
function writes(): string[] {
  const asked = watched.asked
    .splice(0)
    .filter((each) => /^(POST|PUT|PATCH|DELETE) .*clusterproperties/.test(each));
  return asked.map((each) =>
    each.replace(/ .*\//, " ").replace(setProperty, "set").replace("cluster.set", "cluster"),
  );
}

/** Lists that the agent asked for since then. */
function looks(): number {
  return watched.asked.filter((each) => each.startsWith("LIST")).length;
}

function isAbsence(line: string): boolean {
  return line.includes("does not serve ClusterProperties");
}

async function notes(reason: string): Promise<string[]> {
  const events = await kube.list(resources.events, "default");
  return events.filter((event) => event["reason"] === reason).map((event) => String(event["note"]));
}

/** Registers the suite. */
export function propertiesContract(start: () => Promise<Harness>): void {
  beforeEach(async () => {
    harness = await start();
    client = createKubeClient(harness.admin);
    const own = createKubeClient(harness.admin);
    denied = false;
    watched = recordingClient(
      withRequest(own, async (method, path, options) => {
        if (denied && method !== "GET") throw new KubeError("denied", { status: 403, reason: "Forbidden" });
        return own.request(method, path, options);
      }),
    );
    kube = fixtures(client);
    logged = [];
    await installKind();
    for (const name of [setProperty, clusterProperty]) await kube.remove(resource, "", name);
    for (const { metadata } of await kube.list(resources.events, "default"))
      await kube.remove(resources.events, "default", metadata.name);
  });

  afterEach(async () => {
    await Promise.all([client.close(), watched.close()]);
    await harness.close();
  });

  test("a member says who it is, and a restart writes nothing (MCS 3)", async () => {
    const first = member("fra1");
    await says(`fra1 ${set}`);
    expect(writes()).toEqual(["POST clusterproperties", "POST clusterproperties"]);
    first.end();
    const second = member("fra1");
    await eventually("the next leader to look", () => looks() > 1);
    await kube.patch(resource, "", clusterProperty, { spec: { value: "edited" } });
    await says(`fra1 ${set}`);
    expect(writes()).toEqual(["DELETE set", "PUT cluster", "POST clusterproperties"]);
    expect(second.findings()).toEqual([]);
  });

  test("nothing is said before the set's name is known, and nothing goes with the term", async () => {
    const term = new AbortController();
    onTestFinished(() => term.abort());
    const part = keepProperties({
      client: watched,
      term: { signal: term.signal, isCurrent: () => !term.signal.aborted },
      cluster: "fra1",
      events: { record: () => undefined },
      log: pino({ level: "silent" }),
    });
    await eventually("the kind to be followed", () => watched.asked.some((each) => each.startsWith("WATCH")));
    expect(await said()).toBe("- -");
    part.offer(set);
    await says(`fra1 ${set}`);
    term.abort();
    writes();
    await kube.remove(resource, "", setProperty);
    expect(await said()).toBe("fra1 -");
    expect(writes()).toEqual([]);
  });

  test("what is deleted or edited by hand is put back, and told (MCS 3)", async () => {
    member("fra1");
    await says(`fra1 ${set}`);
    await eventually("a look that found it so", () => looks() > 2);
    await kube.remove(resource, "", setProperty);
    await says(`fra1 ${set}`);
    await kube.patch(resource, "", setProperty, { spec: { value: "else.example" } });
    await says(`fra1 ${set}`);
    await eventually("an Event", async () => (await notes("EditedByHand")).length > 0);
    expect((await notes("EditedByHand"))[0]).toMatch(
      /^ClusterProperty clusterset\.k8s\.io was edited or deleted/,
    );
  });

  test("another name of somebody else's stays, the set is not said, and the cure is told (MCS 3)", async () => {
    await kube.create(resource, "", clusterProperty, { spec: { value: "theirs" } });
    const { findings } = member("fra1");
    await eventually("a finding", () => findings().length > 0);
    expect(await said()).toBe("theirs! -");
    expect(findings()).toMatchObject([
      { subject: `ClusterProperty ${clusterProperty}`, reason: "ObjectNotOurs" },
    ]);
    await eventually("an Event", async () => (await notes("ObjectNotOurs")).length > 0);
    expect((await notes("ObjectNotOurs"))[0]).toContain(`kubectl delete clusterproperty ${clusterProperty}`);
    expect(writes()).toEqual([]);
    await kube.remove(resource, "", clusterProperty);
    await says(`fra1 ${set}`);
    expect(findings()).toEqual([]);
  });

  test("the same name of somebody else's is used and not touched (MCS 3)", async () => {
    await kube.create(resource, "", clusterProperty, { spec: { value: "fra1" } });
    member("fra1");
    await says(`fra1! ${set}`);
    expect(writes()).toEqual(["POST clusterproperties"]);
  });

  test("under another name the set is taken back first (MCS 3)", async () => {
    const { end } = member("old");
    await says(`old ${set}`);
    end();
    writes();
    member("fra1");
    await says(`fra1 ${set}`);
    expect(writes()).toEqual(["DELETE set", "PUT cluster", "POST clusterproperties"]);
  });

  test("without the kind it is said once, and both are there once it is (MCS 61)", async () => {
    await removeKind();
    const { findings } = member("fra1");
    await eventually("it to be said", () => logged.length > 0);
    await eventually("it to be asked for again", () => looks() > 2);
    expect(logged.filter(isAbsence)).toHaveLength(1);
    expect(findings()).toEqual([]);
    await installKind();
    await eventually("both to be there", async () => (await said()) === `fra1 ${set}`, 40_000);
    await removeKind();
    await eventually("it to be said again", () => logged.filter(isAbsence).length > 1, 40_000);
    await installKind();
    await eventually("both to be there again", async () => (await said()) === `fra1 ${set}`, 40_000);
  }, 90_000);

  test("a write that is denied is told, tried again ever more rarely, and made once it may be", async () => {
    denied = true;
    const { findings } = member("fra1");
    await eventually("a finding", () => findings().length > 0);
    expect(findings()).toEqual([{ subject: "ClusterProperties", reason: "WriteFailed", message: "denied" }]);
    await eventually("it to be tried again", () => looks() > 4);
    expect(logged.filter((line) => line.includes("denied"))).toHaveLength(1);
    denied = false;
    await says(`fra1 ${set}`);
    await eventually("no finding", () => findings().length === 0);
  });
}
