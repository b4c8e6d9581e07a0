// A site's folders for tests: manifests as `kubectl get -o yaml` would have written them, and what is rendered beside
// them. Objects get what an API server gives (identity, time, addresses) before they are written.

import { mkdir, mkdtemp, readFile, readdir, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { parse, parseAllDocuments, stringify } from "yaml";
import { apiVersion, resources } from "../../kube/resource.ts";
import type { Resource } from "../../kube/resource.ts";
import { withDefaults } from "../../kube/testing/fake-defaults.ts";
import { FakeObjects, FakeRefusal } from "../../kube/testing/fake-objects.ts";
import type { AnyObject, Fixtures } from "../../kube/testing/fixtures.ts";
import { mergePatch } from "../../kube/testing/merge-patch.ts";

/** Folders of one site. */
export interface SiteFolders {
  readonly manifests: string;
  readonly rendered: string;
  readonly state: string;
  readonly kube: Fixtures;
  /** Writes a file under the manifests, by rename. */
  readonly writeManifest: (name: string, text: string) => Promise<void>;
  readonly removeManifest: (name: string) => Promise<void>;
  readonly remove: () => Promise<void>;
}

/** New folders with a namespace `kube-system` and a dual-stack ServiceCIDR. */
export async function siteFolders(): Promise<SiteFolders> {
  const root = await mkdtemp(join(tmpdir(), "sealane-site-"));
  const manifests = join(root, "manifests");
  const rendered = join(root, "rendered");
  await mkdir(manifests);
  const kube = siteFixtures(manifests, rendered);
  await kube.create(resources.namespaces, "", "kube-system");
  await kube.create(resources.serviceCidrs, "", "kubernetes", {
    spec: { cidrs: ["10.112.0.0/16", "fd00:112::/112"] },
  });
  return {
    manifests,
    rendered,
    state: join(root, "state"),
    kube,
    writeManifest: (name, text) => replace(join(manifests, name), text),
    removeManifest: (name) => rm(join(manifests, name)),
    remove: () => rm(root, { recursive: true, force: true }),
  };
}

async function replace(path: string, text: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(`${path}.tmp`, text);
  await rename(`${path}.tmp`, path);
}

type Body = Record<string, unknown> & { metadata?: Record<string, unknown> };

/** Short ways to write manifests, and to read and edit by hand what is rendered. */
function siteFixtures(manifests: string, rendered: string): Fixtures {
  const objects = new FakeObjects();
  const collection = ({ group, plural }: Resource): string => (group === "" ? plural : `${group}/${plural}`);
  const fileOf = ({ plural }: Resource, namespace: string, name: string): string =>
    join(manifests, `${plural}.${namespace}.${name}.yaml`);
  const importPath = (namespace: string, name: string): string =>
    join(rendered, "imports", namespace, `${name}.yaml`);
  const put = async (resource: Resource, object: object): Promise<AnyObject> => {
    const found = object as AnyObject;
    const { namespace, name } = found.metadata;
    await replace(fileOf(resource, resource.namespaced ? namespace : "", name), stringify(found));
    return found;
  };
  const own = (resource: Resource, namespace: string, name: string): AnyObject | undefined => {
    try {
      return objects.get(collection(resource), namespace, name) as unknown as AnyObject;
    } catch (error) {
      if (error instanceof FakeRefusal) return undefined;
      throw error;
    }
  };
  const renderedOnes = async (resource: Resource, namespace: string): Promise<RenderedObject[]> => {
    const all = await renderedObjects(join(rendered, "imports", namespace));
    return all.filter(({ object }) => object["kind"] === resource.kind);
  };
  const renderedOne = async (resource: Resource, namespace: string, name: string) =>
    (await renderedOnes(resource, namespace)).find(({ object }) => object.metadata.name === name);
  return {
    create: async (resource, namespace, name, rest = {}, metadata = {}) => {
      const body: Body = {
        apiVersion: apiVersion(resource),
        kind: resource.kind,
        metadata: { name, ...metadata },
        ...rest,
      };
      if (resource.kind === "ServiceImport") {
        await replace(importPath(namespace, name), stringify(body));
        return body as unknown as AnyObject;
      }
      const kind = collection(resource);
      return put(resource, objects.create(kind, namespace, withDefaults(objects, kind, body)));
    },
    patch: async (resource, namespace, name, patch) => {
      const held = own(resource, namespace, name);
      if (held !== undefined) {
        const body = mergePatch(held, patch) as Body;
        return put(resource, objects.update(collection(resource), namespace, name, body, "object"));
      }
      const found = await renderedOne(resource, namespace, name);
      if (found === undefined) throw new Error(`There is no ${resource.kind} ${namespace}/${name} to edit`);
      await editDocuments(found.path, (each) =>
        each.metadata.name === name && each["kind"] === resource.kind ? mergePatch(each, patch) : each,
      );
      return mergePatch(found.object, patch) as AnyObject;
    },
    setStatus: async (resource, namespace, name, status) => {
      const kind = collection(resource);
      const held = objects.get(kind, namespace, name);
      await put(resource, objects.update(kind, namespace, name, { ...held, status }, "status"));
    },
    remove: async (resource, namespace, name) => {
      if (resource.kind === "ServiceImport") return rm(importPath(namespace, name), { force: true });
      if (own(resource, namespace, name) !== undefined) {
        objects.remove(collection(resource), namespace, name);
        return rm(fileOf(resource, namespace, name), { force: true });
      }
      const found = await renderedOne(resource, namespace, name);
      if (found === undefined) return undefined;
      return editDocuments(found.path, (each) =>
        each.metadata.name === name && each["kind"] === resource.kind ? undefined : each,
      );
    },
    get: async (resource, namespace, name) => {
      const held = own(resource, namespace, name);
      if (held === undefined) return (await renderedOne(resource, namespace, name))?.object;
      if (resource.kind !== "ServiceExport") return held;
      return { ...held, status: await exportStatus(rendered, namespace, name) };
    },
    list: async (resource, namespace) => [
      ...(objects.list(collection(resource), namespace) as unknown as AnyObject[]),
      ...(await renderedOnes(resource, namespace)).map(({ object }) => object),
    ],
    installCrds: async () => {},
  };
}

interface RenderedObject {
  readonly path: string;
  readonly object: AnyObject;
}

async function renderedObjects(folder: string): Promise<RenderedObject[]> {
  const files = await ifThere(readdir(folder));
  const found: RenderedObject[] = [];
  for (const file of (files ?? []).filter((name) => name.endsWith(".yaml") && !name.startsWith("."))) {
    const path = join(folder, file);
    for (const object of documentsOf((await ifThere(readFile(path, "utf8"))) ?? ""))
      found.push({ path, object });
  }
  return found;
}

function documentsOf(text: string): AnyObject[] {
  return parseAllDocuments(text).flatMap((document) => {
    const value = "contents" in document ? (document.toJS() as AnyObject | null) : null;
    return value === null ? [] : [value];
  });
}

/** What a person does with an editor: the head line stays. */
async function editDocuments(path: string, edit: (object: AnyObject) => unknown): Promise<void> {
  const text = await readFile(path, "utf8");
  const head = text.startsWith("#") ? `${text.split("\n")[0]}\n` : "";
  const documents = documentsOf(text).flatMap((each) => edit(each) ?? []);
  await replace(path, head + documents.map((each) => `---\n${stringify(each)}`).join(""));
}

async function exportStatus(rendered: string, namespace: string, name: string): Promise<object> {
  const text = await ifThere(readFile(join(rendered, "status.yaml"), "utf8"));
  const status = parse(text ?? "") as {
    exports?: { namespace: string; name: string; conditions: object[] }[];
  } | null;
  const found = status?.exports?.find((each) => each.namespace === namespace && each.name === name);
  return { conditions: found?.conditions ?? [] };
}

async function ifThere<T>(reading: Promise<T>): Promise<T | undefined> {
  return reading.catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  });
}
