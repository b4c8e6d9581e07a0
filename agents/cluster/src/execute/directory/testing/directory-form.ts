// The executor's bench on a directory: manifests in, rendered files out. For tests.

import { siteFolders } from "../../../directory/testing/folders.ts";
import { eventually } from "../../../kube/testing/wait.ts";
import { Manifests } from "../../../observe/directory/manifests.ts";
import { Observer } from "../../../observe/observer.ts";
import type { DeclaredRanges } from "../../../observe/ranges.ts";
import type { BenchForm, Running } from "../../testing/bench.ts";
import { TestView } from "../../testing/test-view.ts";
import { addressPool } from "../address-pool.ts";
import { DirectoryExecutor } from "../executor.ts";
import { RenderedFolder } from "../rendered-folder.ts";

/** The form, with writes of these paths counted. */
export function directoryForm(counted: string): (namespace: string) => Promise<BenchForm> {
  return async (namespace) => {
    const folders = await siteFolders();
    const writes: string[] = [];
    const told: string[] = [];
    const lead = async (declared: DeclaredRanges): Promise<Running> => {
      const term = new AbortController();
      const view = new TestView();
      const hooks: { executor?: DirectoryExecutor } = {};
      const manifests = new Manifests(
        {
          directory: folders.manifests,
          firstSeen: new Map(),
          onFirstSeen: () => {},
          onFaults: () => {},
          onChange: () => hooks.executor?.touchSite(),
        },
        term.signal,
      );
      const observer = new Observer(
        {
          follow: manifests.follow,
          cluster: "b",
          declared,
          onFacts: () => {},
          onComplete: () => {},
          onSynced: () => {},
          onExport: (exported, name) => hooks.executor?.touchExport(exported, name),
          onNamespace: (name) => hooks.executor?.touchNamespace(name),
        },
        term.signal,
      );
      const executor = new DirectoryExecutor(
        {
          folder: new RenderedFolder(folders.rendered, ({ action, path }) => {
            if (path.startsWith(counted)) writes.push(`${action === "write" ? "PUT" : "DELETE"} ${path}`);
          }),
          pool: addressPool(["10.112.128.0/17", "fd00:112::8000/113"]),
          clusterName: "b",
          view,
          cluster: observer,
          events: { record: (_subject, { reason }) => told.push(reason) },
          about: () => ({ incarnation: "", session: "connected", quarantine: [], findings: [] }),
          onProblem: () => {},
          onRepair: () => {},
        },
        term.signal,
      );
      hooks.executor = executor;
      await eventually("everything to be read", () => observer.synced && executor.synced, 20_000);
      return { term, view, executor };
    };
    return {
      kube: folders.kube,
      writes: () => writes.splice(0),
      sliceWrite: () => `PUT imports/${namespace}/web.yaml`,
      removal: `DELETE imports/${namespace}/web.yaml`,
      events: async (reason) => told.filter((each) => each === reason).length,
      lead,
      close: () => folders.remove(),
    };
  };
}
