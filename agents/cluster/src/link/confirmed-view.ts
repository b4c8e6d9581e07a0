// A view that knows nothing until what it shows is confirmed: then whoever acts on it holds what is there, as it does
// before the hub has said anything.

import type { View } from "@sealane/core";
import { ReceivedView, ShardTable } from "@sealane/wire";

/** A view with a beginning. */
export interface ConfirmedView extends View {
  /** From here on it shows what it has. */
  readonly confirm: () => void;
  readonly confirmed: () => boolean;
}

/** Shows `view` once it is confirmed. */
export function confirmedView(view: View): ConfirmedView {
  let shown: View = new ReceivedView(new ShardTable());
  return {
    confirm: () => {
      shown = view;
    },
    confirmed: () => shown === view,
    complete: (id) => shown.complete(id),
    unheardOf: (id) => shown.unheardOf(id),
    members: () => shown.members(),
    member: (cluster) => shown.member(cluster),
    nodes: (cluster) => shown.nodes(cluster),
    reach: (cluster, namespace, service) => shown.reach(cluster, namespace, service),
    imports: () => shown.imports(),
    import: (namespace, name) => shown.import(namespace, name),
    stubs: () => shown.stubs(),
    exportStatus: (cluster, namespace, name) => shown.exportStatus(cluster, namespace, name),
  };
}
