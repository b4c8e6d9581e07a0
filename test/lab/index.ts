// What tests, benches and deployments use of the lab.

export { addressIn, hubAddress, outsideAddress, segment, switchAddress } from "./addresses.ts";
export type { DualStack } from "./addresses.ts";
export { grpcurl } from "./bin.ts";
export { birdSocket, sealaneInclude } from "./bird.ts";
export { powerOff, powerOn } from "./cluster/reboot.ts";
export { down, downClusters } from "./down.ts";
export { imageNames } from "./images/names.ts";
export { clusterOf, loadImage, openLab, program } from "./lab.ts";
export type { Lab, LabCluster } from "./lab.ts";
export { daemonPid, restartDaemon, startDaemon, stopDaemon } from "./machine/daemon.ts";
export type { Daemon } from "./machine/daemon.ts";
export { writeMachineFiles } from "./machine/files.ts";
export { findMachine, getMachine, outputOn, runOn } from "./machine/machine.ts";
export type { Machine } from "./machine/machine.ts";
export { parseUpOptions } from "./options.ts";
export { killPodProcess, podProcesses } from "./pods.ts";
export { missingRequirements } from "./requirements.ts";
export { output, run } from "./run.ts";
export type { ClusterPlan, NodePlan, TopologyRequest } from "./topology.ts";
export { up } from "./up.ts";
export { waitFor, waitUntil } from "./wait.ts";
