// What a reflector must do whatever the network and the server do, as cases for the fake and the real server.

import { readFile } from "node:fs/promises";
import { afterEach, beforeEach, expect, test } from "vitest";
import { parse as parseYaml } from "yaml";
import type { Access } from "../auth.ts";
import { createKubeClient } from "../client.ts";
import type { KubeClient } from "../client.ts";
import { parseObject } from "../door.ts";
import { hasStatus } from "../error.ts";
import { Reflector } from "../reflector.ts";
import type { ReflectorOptions } from "../reflector.ts";
import { collectionPath, objectPath, resources } from "../resource.ts";
import type { Resource } from "../resource.ts";
import { objectKey } from "../store.ts";
import type { Stored } from "../store.ts";
import { startFaultyProxy } from "./faulty-proxy.ts";
import type { FaultyProxy } from "./faulty-proxy.ts";
import { recordingClient } from "./harness.ts";
import type { Harness, RecordingClient } from "./harness.ts";
import { eventually } from "./wait.ts";

interface Item extends Stored {
  readonly value: string;
}

const crdPath = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";
const exportsCrd = new URL("../../../../../deploy/crds/serviceexports.yaml", import.meta.url);

const parseItem = (object: unknown): Item =>
  parseObject("item", object, ({ namespace, name, uid, resourceVersion, annotations }) => ({
    namespace,
    name,
    uid,
    resourceVersion,
    value: annotations["value"] ?? "",
  }));

/** Cannot read what says "bad". */
const parseGood = (object: unknown): Item => {
  const item = parseItem(object);
  return item.value === "bad" ? parseObject("item", {}, () => item) : item;
};

/** Runs the suite against the server that `start` gives; its ServiceExport CRD must not be installed. */
export function reflectorContract(start: () => Promise<Harness>): void {
  let harness: Harness;
  let admin: KubeClient;
  let proxy: FaultyProxy;
  let client: RecordingClient;
  let stop: AbortController;
  let namespace = "";
  let count = 0;

  beforeEach(async () => {
    harness = await start();
    stop = new AbortController();
    admin = createKubeClient(harness.admin);
    proxy = await startFaultyProxy("127.0.0.1", Number(new URL(harness.admin.server).port));
    client = recordingClient(createKubeClient(through(harness.admin)));
    namespace = `contract-${process.pid}-${count++}`;
    await admin.request("POST", collectionPath(resources.namespaces), {
      body: { apiVersion: "v1", kind: "Namespace", metadata: { name: namespace } },
    });
  });

  afterEach(async () => {
    stop.abort();
    await Promise.all([client.close(), proxy.close()]);
    await removeCrd();
    await admin.request("DELETE", objectPath(resources.namespaces, "", namespace));
    await admin.close();
    await harness.close();
  });

  const through = (access: Access): Access => {
    const url = new URL(access.server);
    url.port = String(proxy.port);
    return { ...access, server: url.origin };
  };

  const reflect = (options: Partial<ReflectorOptions<Item>> = {}): Reflector<Item> =>
    new Reflector<Item>(
      {
        client,
        resource: resources.configMaps,
        parse: parseItem,
        namespace,
        onChange: () => {},
        ...options,
        limits: { silenceMs: 60_000, backoff: { minMs: 5, maxMs: 100 }, ...options.limits },
      },
      stop.signal,
    );

  const write = async (
    name: string,
    value: string,
    resource: Resource = resources.configMaps,
  ): Promise<void> => {
    const body = {
      apiVersion: resource.group === "" ? "v1" : `${resource.group}/${resource.version}`,
      kind: resource.kind,
      metadata: { name, namespace, annotations: { value } },
    };
    try {
      await admin.request("POST", collectionPath(resource, namespace), { body });
    } catch (error) {
      if (!hasStatus(error, 409)) throw error;
      await admin.request("PUT", objectPath(resource, namespace, name), { body });
    }
  };

  const remove = (name: string): Promise<unknown> =>
    admin.request("DELETE", objectPath(resources.configMaps, namespace, name));

  const installCrd = async (): Promise<void> => {
    await admin.request("POST", crdPath, { body: parseYaml(await readFile(exportsCrd, "utf8")) as object });
    const path = collectionPath(resources.serviceExports);
    await eventually("the CRD to be served", () => admin.request("GET", path).then(() => true), 20_000);
  };

  const removeCrd = async (): Promise<void> => {
    const path = `${crdPath}/serviceexports.multicluster.x-k8s.io`;
    await admin.request("DELETE", path).catch((error: unknown) => {
      if (!hasStatus(error, 404)) throw error;
    });
    await eventually(
      "the CRD to be gone",
      () =>
        admin.request("GET", path).then(
          () => false,
          (error: unknown) => hasStatus(error, 404),
        ),
      20_000,
    );
  };

  /** What the store holds of our own objects; a real server may add some. */
  const held = (reflector: Reflector<Item>): string[] =>
    [...reflector.store.values()]
      .filter(({ value }) => value !== "")
      .map(({ name, value }) => `${name}=${value}`)
      .toSorted();

  const problemOf = ({ state }: Reflector<Item>): string =>
    state.is === "unknown" ? state.error.message : "";

  const lists = (): number =>
    client.asked.filter((each) => each.startsWith("LIST") && !each.endsWith("continued")).length;
  const watches = (): number => client.asked.filter((each) => each.startsWith("WATCH")).length;
  const holds = (reflector: Reflector<Item>, ...wanted: string[]) =>
    eventually(
      `the store to hold ${wanted.join(" ")}`,
      () => held(reflector).join(" ") === wanted.join(" "),
      20_000,
    );

  test("lists page by page and says synced once, after everything", async () => {
    const names = Array.from({ length: 7 }, (_, index) => `item-${index}`);
    await Promise.all(names.map((name) => write(name, "x")));
    const told = new Set<string>();
    let toldWhenSynced = -1;
    const reflector = reflect({
      limits: { pageSize: 3 },
      onChange: (keys) => keys.forEach((key) => told.add(key)),
      onSynced: () => {
        expect(toldWhenSynced).toBe(-1);
        toldWhenSynced = names.filter((name) => told.has(objectKey(namespace, name))).length;
      },
    });
    await holds(reflector, ...names.map((name) => `${name}=x`));
    expect(toldWhenSynced).toBe(7);
    expect(client.asked.filter((each) => each.endsWith("continued")).length).toBeGreaterThanOrEqual(2);
  });

  test("follows creations, changes and deletions without listing again", async () => {
    const reflector = reflect();
    await eventually("the first list", () => reflector.state.is === "following");
    await write("one", "1");
    await write("two", "1");
    await write("one", "2");
    await remove("two");
    await holds(reflector, "one=2");
    expect(lists()).toBe(1);
  });

  test("an own write's answer is held against older events", async () => {
    const reflector = reflect();
    await eventually("the first list", () => reflector.state.is === "following");
    await write("one", "1");
    const answer = await admin.request("PUT", objectPath(resources.configMaps, namespace, "one"), {
      body: {
        apiVersion: "v1",
        kind: "ConfigMap",
        metadata: { name: "one", namespace, annotations: { value: "2" } },
      },
    });
    reflector.store.put(parseItem(answer));
    expect(held(reflector)).toContain("one=2");
    await write("two", "1");
    await holds(reflector, "one=2", "two=1");
  });

  test("resumes from a bookmark when the server ends the watch", async () => {
    const reflector = reflect({ limits: { watchSeconds: 4 } });
    await eventually("the first list", () => reflector.state.is === "following");
    // Versions move on in another namespace; only a bookmark can tell this watch.
    const elsewhere = {
      apiVersion: "v1",
      kind: "ConfigMap",
      metadata: { name: namespace, namespace: "default" },
    };
    await admin.request("POST", collectionPath(resources.configMaps, "default"), { body: elsewhere });
    await eventually("a second watch", () => watches() >= 2, 15_000);
    const versions = client.asked
      .filter((each) => each.startsWith("WATCH"))
      .map((each) => BigInt(each.split(" ")[2] ?? "0"));
    expect(versions[1]).toBeGreaterThan(versions[0] ?? 0n);
    await write("late", "1");
    await holds(reflector, "late=1");
    expect(lists()).toBe(1);
  });

  test("a silent server is left after the silence timer, and nothing is missed", async () => {
    const reflector = reflect({ limits: { silenceMs: 500 } });
    await eventually("the first list", () => reflector.state.is === "following");
    proxy.stall();
    await write("unheard", "1");
    await holds(reflector, "unheard=1");
    expect(lists()).toBe(1);
    expect(reflector.state.is).toBe("following");
  });

  test("a connection reset in the middle of an object loses nothing and invents nothing", async () => {
    const reflector = reflect();
    await eventually("the first list", () => reflector.state.is === "following");
    proxy.resetAfter(20_000);
    await write("large", "x".repeat(100_000));
    await eventually(
      "the large object",
      () => held(reflector)[0]?.length === "large=".length + 100_000,
      20_000,
    );
    expect(watches()).toBeGreaterThanOrEqual(2);
    expect(lists()).toBe(1);
  });

  test("an unreachable server is unknown, not empty", async () => {
    await write("kept", "1");
    const reflector = reflect();
    await holds(reflector, "kept=1");
    proxy.cut();
    await eventually("the state to be unknown", () => reflector.state.is === "unknown");
    expect(held(reflector)).toEqual(["kept=1"]);
    await write("kept", "2");
    proxy.heal();
    await holds(reflector, "kept=2");
    await eventually("the state to be known", () => reflector.state.is === "following");
  });

  test("a kind that is not served is unknown until it is", async () => {
    const reflector = reflect({ resource: resources.serviceExports });
    await eventually("the state to be unknown", () => reflector.state.is === "unknown");
    expect(reflector.synced).toBe(false);
    expect(problemOf(reflector)).toContain("install the CRD");
    await installCrd();
    await write("web", "1", resources.serviceExports);
    await eventually("the first list", () => reflector.synced, 20_000);
    await holds(reflector, "web=1");
  });

  test("410: everything is listed again, and what went and came in between is seen", async () => {
    await installCrd();
    await write("gone", "1", resources.serviceExports);
    await write("again", "1", resources.serviceExports);
    const reflector = reflect({ resource: resources.serviceExports });
    await holds(reflector, "again=1", "gone=1");
    const before = reflector.store.get(objectKey(namespace, "again"))?.uid;
    proxy.cut();
    await removeCrd();
    await installCrd();
    await write("again", "2", resources.serviceExports);
    proxy.heal();
    await holds(reflector, "again=2");
    expect(reflector.store.get(objectKey(namespace, "again"))?.uid).not.toBe(before);
    expect(lists()).toBeGreaterThanOrEqual(2);
  });

  test("403 is unknown, names the cure, and ends when the permission is given", async () => {
    await installCrd();
    await write("web", "1", resources.serviceExports);
    const restricted = createKubeClient(await harness.restricted());
    const reflector = reflect({ client: restricted, resource: resources.serviceExports });
    await eventually("the state to be unknown", () => reflector.state.is === "unknown");
    expect(reflector.synced).toBe(false);
    expect(problemOf(reflector)).toContain('Allow "list" on serviceexports.multicluster.x-k8s.io');
    await harness.grant();
    await holds(reflector, "web=1");
    await restricted.close();
  });

  test("an object that cannot be read is reported, and its last good value held", async () => {
    const problems: string[] = [];
    const reflector = reflect({ parse: parseGood, onInvalid: (error) => problems.push(error.message) });
    await eventually("the first list", () => reflector.state.is === "following");
    await write("one", "good");
    await holds(reflector, "one=good");
    await write("one", "bad");
    await eventually("the report", () => problems.length > 0);
    expect(held(reflector)).toEqual(["one=good"]);
  });

  test("a new list with an object that cannot be read holds its last good value too", async () => {
    await installCrd();
    await write("one", "good", resources.serviceExports);
    const reflector = reflect({ resource: resources.serviceExports, parse: parseGood });
    await holds(reflector, "one=good");
    proxy.cut();
    await removeCrd();
    await installCrd();
    await write("one", "bad", resources.serviceExports);
    await write("two", "good", resources.serviceExports);
    proxy.heal();
    await holds(reflector, "one=good", "two=good");
    expect(lists()).toBeGreaterThanOrEqual(2);
  });

  test("an object that the first list could not read is there and unknown, until it is read or gone", async () => {
    await Promise.all([write("one", "bad"), write("two", "bad"), write("three", "good")]);
    const told = new Set<string>();
    const reflector = reflect({ parse: parseGood, onChange: (keys) => keys.forEach((key) => told.add(key)) });
    await holds(reflector, "three=good");
    const [one, two, late] = ["one", "two", "late"].map((name) => objectKey(namespace, name));
    const unknown = (): boolean[] => [one, two, late].map((key) => reflector.unreadable.hasUnknown(key));
    expect([reflector.unreadable.size, unknown()]).toEqual([2, [true, true, false]]);
    await write("late", "bad");
    await eventually("the late one", () => reflector.unreadable.size === 3);
    expect(unknown()).toEqual([true, true, false]);
    await write("one", "good");
    await holds(reflector, "one=good", "three=good");
    await remove("two");
    await eventually("the word that it is gone", () => told.has(two ?? ""));
    expect(unknown()).toEqual([false, false, false]);
    await write("one", "bad");
    await eventually("the report", () => reflector.unreadable.size === 2);
    expect(held(reflector)).toEqual(["one=good", "three=good"]);
    expect(unknown()).toEqual([false, false, false]);
  });
}
