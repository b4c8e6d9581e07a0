// Keeps the site's DNS as two CoreDNS processes would serve it: a static front with two zone files beside it, and the
// part that asks peers. What is not known to its end leaves what is there.

import type { DesiredNames, View } from "@sealane/core";
import { localiseNames, meshDnsService, meshNamespace } from "@sealane/core";
import type { DnsFinding } from "../../dns/findings.ts";
import { frontCorefile } from "../../dns/front.ts";
import type { FrontAnswers } from "../../dns/front.ts";
import { peersCorefile } from "../../dns/peers.ts";
import { block } from "../../dns/print.ts";
import type { NamesReport } from "../../dns/publish.ts";
import { leftOut } from "../../dns/publish.ts";
import { objectKey } from "../../kube/store.ts";
import type { Observer } from "../../observe/observer.ts";
import type { ImportFiles } from "./import-files.ts";
import { headLine } from "./rendered-folder.ts";
import type { RenderedFolder } from "./rendered-folder.ts";
import { clustersetZoneText, ownZoneText } from "./zone-file.ts";

/** What the files are made of. */
export interface NameFilesOptions {
  readonly view: View;
  readonly clusterName: string;
  readonly cluster: Pick<Observer, "synced" | "services" | "slicesOf">;
  readonly imports: ImportFiles;
  readonly folder: RenderedFolder;
}

/** CoreDNS looks at a zone file so often, and takes it when its serial is another. */
const zoneReload = "reload 1s";

/** There is no API server to ask: the answers are in files beside the Corefile. */
const fromFiles: FrontAnswers = {
  own: (zone) => [block(`file zones/own.zone ${zone}`, zoneReload)],
  clusterset: (zone) => [block(`file zones/clusterset.zone ${zone}`, zoneReload)],
};

/** Files of names. Its caller runs `write` one at a time. */
export class NameFiles {
  readonly #options: NameFilesOptions;
  #names: DesiredNames | undefined;
  #report: NamesReport = { desired: 0, observed: 0, generation: undefined, replicas: [], findings: [] };

  constructor(options: NameFilesOptions) {
    this.#options = options;
  }

  /** What came of the last pass: zones that should be answered, and those that the files answer. */
  get report(): NamesReport {
    return this.#report;
  }

  /** @throws ForeignObject, or the system's error */
  async write(): Promise<void> {
    const { view, clusterName, cluster, imports, folder } = this.#options;
    this.#names = localiseNames(view, clusterName, this.#names);
    const { own, peers: others } = this.#names;
    const desired = (own === undefined ? 0 : 1) + others.length;
    this.#report = { ...this.#report, desired, observed: 0 };
    if (own === undefined || !cluster.synced) {
      this.#unknown(
        cluster.synced
          ? "The hub has not sent this cluster's own zone yet."
          : "The manifests were not read whole yet.",
      );
      return;
    }
    const front = frontCorefile(own, fromFiles);
    if ("problem" in front) {
      this.#unknown(front.problem);
      return;
    }
    await folder.write(
      "zones/own.zone",
      ownZoneText(own.zone, cluster.services.values(), ({ namespace, name }) =>
        cluster.slicesOf(objectKey(namespace, name)),
      ),
    );
    await folder.write("zones/clusterset.zone", clustersetZoneText(imports.held));
    await folder.write("Corefile", `${headLine("#")}\n${front.text}`);
    const meshDns = cluster.services.get(objectKey(meshNamespace, meshDnsService));
    const peers = peersCorefile(this.#names, meshDns?.clusterAddresses ?? []);
    if ("problem" in peers) {
      this.#unknown(peers.problem, 1);
      return;
    }
    await folder.write("peers.Corefile", `${headLine("#")}\n${peers.text}`);
    const { generation, zones } = peers;
    this.#report = {
      desired,
      observed: 1 + zones.length,
      generation,
      replicas: [],
      findings: leftOut(peers),
    };
  }

  #unknown(message: string, observed = 0): void {
    const finding: DnsFinding = { subject: meshDnsService, reason: "NamesUnknown", message };
    this.#report = { ...this.#report, observed, findings: [finding] };
  }
}
