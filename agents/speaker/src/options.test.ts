// Flags over environment over defaults.

import { expect, test } from "vitest";
import { parseHostPort } from "./address.ts";
import { parseOptions } from "./options.ts";

const program = ["node", "main.ts"];

test("in a pod the node's name is enough", () => {
  expect(parseOptions(program, { NODE_NAME: "a1" })).toMatchObject({
    node: "a1",
    cluster: undefined,
    agent: "sealane-agent.sealane-system.svc:7444",
    stableMs: 5_000,
    auditMs: 10_000,
    metricsListen: "[::]:9466",
  });
});

test("a flag wins over the environment", () => {
  const flags = [
    ...program,
    "--node",
    "a2",
    "--agent",
    "[fd10::1]:7444",
    "--cluster",
    "fra1",
    "--stable-seconds",
    "0",
  ];
  const options = parseOptions(flags, { NODE_NAME: "a1", CLUSTER_NAME: "b", AGENT_ADDRESS: "192.0.2.1:1" });
  expect(options).toMatchObject({ node: "a2", agent: "[fd10::1]:7444", cluster: "fra1", stableMs: 0 });
});

test("in a pod the agent is found at the Service's own address, which needs no names", () => {
  const service = (host: string) => ({
    NODE_NAME: "a1",
    SEALANE_AGENT_SERVICE_HOST: host,
    SEALANE_AGENT_SERVICE_PORT: "7444",
  });
  expect(parseOptions(program, service("10.96.0.7")).agent).toBe("10.96.0.7:7444");
  expect(parseOptions(program, service("fd00:96::7")).agent).toBe("[fd00:96::7]:7444");
  const given = { ...service("10.96.0.7"), AGENT_ADDRESS: "192.0.2.1:1" };
  expect(parseOptions(program, given).agent).toBe("192.0.2.1:1");
});

test("origins count for one boot unless they are declared static", () => {
  const origins = (...flags: string[]) => parseOptions([...program, "--node", "r1", ...flags], {}).origins;
  expect(origins()).toBe("boot");
  expect(origins("--origins", "static")).toBe("static");
});

test("a look at the node needs no flag, everything else needs the node's name", () => {
  expect(parseOptions([...program, "check"], {})).toMatchObject({
    command: "check",
    birdSocket: "/run/bird/bird.ctl",
    kubeProxyConfigz: undefined,
  });
  expect(parseOptions(program, { NODE_NAME: "a1" }).command).toBeUndefined();
});

test("host and port", () => {
  expect(parseHostPort("[::]:9466")).toEqual({ host: "::", port: 9466 });
  expect(parseHostPort("192.0.2.1:80")).toEqual({ host: "192.0.2.1", port: 80 });
  for (const text of ["", "192.0.2.1", "fd10::1:80", "[::]", "a:0", "a:65536", "a:b"]) {
    expect(() => parseHostPort(text)).toThrow(/host:port/);
  }
});
