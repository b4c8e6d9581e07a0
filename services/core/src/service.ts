// Words of the Multi-Cluster Services API that facts and decisions share.

/** Type of a ServiceImport (KEP-1645). */
export type ServiceType = "ClusterSetIP" | "Headless";

/** Transport protocol of a port, as Kubernetes writes it. */
export type Protocol = "TCP" | "UDP" | "SCTP";
