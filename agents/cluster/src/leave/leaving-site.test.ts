// Two sites that are directories, with the shipped wiring, a real hub and the real command line: one leaves, the other
// has nothing of it any more, and a new token brings it back.

import { readdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { TestMesh, TestSite } from "../directory/testing/mesh.ts";
import { serviceText, siteManifests, testMesh } from "../directory/testing/mesh.ts";
import { eventually } from "../kube/testing/wait.ts";

let mesh: TestMesh;
let a: TestSite;
let b: TestSite;

const web = (number: number, node: string) =>
  serviceText({
    namespace: "shop",
    name: node,
    address: `10.10${number}.0.80`,
    pods: [`10.${number}.1.7`],
    node,
    export: "yes",
  });

beforeAll(async () => {
  mesh = await testMesh();
  a = await mesh.site("a", { ...siteManifests(1, "a"), "web.yaml": web(1, "a1") });
  b = await mesh.site("b", { ...siteManifests(2, "b"), "web.yaml": web(2, "b1") });
  a.start();
  b.start();
});

afterAll(() => mesh.close());

const rendered = async (site: TestSite): Promise<string[]> => {
  const found = await readdir(join(site.folder, "rendered"), { recursive: true, withFileTypes: true });
  return found
    .filter((each) => each.isFile())
    .map(({ name }) => name)
    .toSorted();
};

/** A site that waits for a token looks every fifteen seconds at least. */
const joinMs = 30_000;

const connected = (): Promise<void> =>
  eventually(
    "a to route to b and b to a",
    async () => {
      const [inA, inB] = await Promise.all([a.rendered("bird/a1.conf"), b.rendered("bird/b1.conf")]);
      return inA.includes("route 10.102.0.80/32") && inB.includes("route 10.101.0.80/32 via");
    },
    joinMs,
  );

test("a site that leaves removes what was rendered, and the others have nothing of it", async () => {
  await connected();
  await writeFile(join(b.folder, "rendered", "mine.txt"), "mine\n");
  const said = await mesh.sealane("leave", "b", "--within", "30s");
  expect(said).toMatch(
    /^cluster\/b left\nLeft behind there:\n {2}Rendered files: .*mine\.txt\n {2}Manifests: /,
  );
  expect(await rendered(b)).toEqual(["mine.txt"]);
  const inA = await a.rendered("bird/a1.conf");
  expect(inA).not.toContain("10.2.1.0/24");
  expect(inA).not.toContain("10.102.0.80/32");
  await eventually(
    "b's zone to go",
    async () => !(await a.rendered("peers.Corefile")).includes("b.mesh.example"),
  );
  expect(await mesh.sealane("get", "clusters", "-o", "name")).toBe("cluster/a\n");
});

test("it idles and says so, and comes back with a new token only", async () => {
  await eventually("the site to say that it left", () =>
    b.log.some(({ err }) =>
      String((err as { message?: string } | undefined)?.message).includes('left the mesh as "b"'),
    ),
  );
  await b.stop();
  b.start();
  await eventually(
    "the site to say so after a restart",
    () =>
      b.log.filter(({ err }) =>
        String((err as { message?: string } | undefined)?.message).includes("left the mesh"),
      ).length > 1,
  );
  expect(await rendered(b)).toEqual(["mine.txt"]);
  await writeFile(join(dirname(b.folder), "b.token"), await mesh.sealane("token", "create", "b"));
  await connected();
}, 60_000);
