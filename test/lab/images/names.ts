// The names of the images that every node of the lab has. A name without a registry's host is never
// fetched from one.

/** Image references for manifests; use them with `imagePullPolicy: IfNotPresent` or `Never`. */
export const imageNames = {
  /** Holds a pod's namespaces. */
  pause: "sealane-lab/pause:1",
  /** Stock CoreDNS, entry point `/coredns`. */
  coredns: "sealane-lab/coredns:1.15.0",
  /** busybox, socat, dig, nslookup, `respond` (an HTTP server that tells whom it saw), `fetch`, `load` and `hold`. */
  tools: "sealane-lab/tools:1",
} as const;
