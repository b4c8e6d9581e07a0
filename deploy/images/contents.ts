// What the image holds of this checkout, as lists of paths: the packages that production needs, and our own
// code without its tests. Pure; it copies nothing.

/** A package-lock.json of version 3, as far as it is read here. */
export interface LockFile {
  /** By path: `node_modules/pino`, `services/hub`. */
  readonly packages: Readonly<Record<string, LockedPackage>>;
}

/** One installed package; see package-lock.json(5). */
export interface LockedPackage {
  readonly dev?: boolean;
  readonly optional?: boolean;
  /** A workspace: a link to its folder. */
  readonly link?: boolean;
  /** Where that link leads, relative to the checkout. */
  readonly resolved?: string;
  readonly version?: string;
}

/** The workspaces that run in the image, by what their folders' paths begin with. */
const workspaces = /^(services|agents)\//;

/** Folders of the packages that our programs load at run time, sorted; `npm install --omit=dev` installs these. */
export function productionPackages(lock: LockFile): readonly string[] {
  return Object.entries(lock.packages)
    .filter(([path, locked]) => path.includes("node_modules/") && !locked.link && !locked.dev)
    .map(([path]) => path)
    .filter((path) => path.startsWith("node_modules/") || workspaces.test(path))
    .toSorted();
}

/** Links that let workspaces import each other by name: the link's path, and the folder that it leads to. */
export function workspaceLinks(lock: LockFile): ReadonlyMap<string, string> {
  const links = Object.entries(lock.packages).flatMap(([path, { link, resolved }]): [string, string][] =>
    link === true && resolved !== undefined && workspaces.test(resolved) ? [[path, resolved]] : [],
  );
  return new Map(links);
}

/** Whether a package's file is of use at run time: declarations and source maps are not. */
export function isRuntimeFile(path: string): boolean {
  return !/\.d\.[cm]?ts$|\.map$|(^|\/)(node_modules|\.bin)(\/|$)/.test(path);
}

/** The folders of the checkout that hold what programs are made of. */
export const programFolders = ["agents", "services", "deploy/crds"];

/** Whether a file of the checkout is a part of our programs. The agent installs definitions. */
export function isProgramFile(path: string): boolean {
  if (/^deploy\/crds\/(?!kustomization\.)[a-z]+\.yaml$/.test(path)) return true;
  if (!workspaces.test(path) || /(^|\/)(node_modules|golden|testdata)\//.test(path)) return false;
  return /^[^/]+\/[^/]+\/(package\.json|src\/.*)$/.test(path) && !path.endsWith(".test.ts");
}
