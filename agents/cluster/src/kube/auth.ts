// Where the API server is and how to prove who we are: a pod's service account, or a kubeconfig.
// Refuses to keep a service account's token longer than the kubelet's rotation allows.

import { readFileSync } from "node:fs";
import type { ConnectionOptions } from "node:tls";

/** How to reach one API server. */
export interface Access {
  /** `https://host:port`, without a trailing slash. */
  readonly server: string;
  /** CA, client certificate and server name. */
  readonly tls: Pick<ConnectionOptions, "ca" | "cert" | "key" | "servername" | "rejectUnauthorized">;
  /** Value of the Authorization header now, or undefined when the client certificate is the proof. */
  authorization(): Promise<string | undefined>;
  /** Called after a 401: what was cached must be read again. */
  forget(): void;
}

const serviceAccountDirectory = "/var/run/secrets/kubernetes.io/serviceaccount";

/** The kubelet renews a projected token at 80 % of its life and at least every day; a minute is far inside that. */
const tokenAgeMsMax = 60_000;

/**
 * Access of a pod by its service account (Kubernetes: "Accessing the API from within a Pod").
 * @throws Error when not in a pod: the environment or the mounted files are missing.
 */
export function podAccess(
  options: { directory?: string; environment?: Readonly<Record<string, string | undefined>> } = {},
): Access {
  const directory = options.directory ?? serviceAccountDirectory;
  const environment = options.environment ?? process.env;
  const host = environment["KUBERNETES_SERVICE_HOST"];
  const port = environment["KUBERNETES_SERVICE_PORT"];
  if (host === undefined || port === undefined) {
    throw new Error(
      "Cannot find the API server: KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT are not set. Run in a pod, or give --kubeconfig.",
    );
  }
  const read = (name: string): string => {
    try {
      return readFileSync(`${directory}/${name}`, "utf8");
    } catch (cause) {
      throw new Error(
        `Cannot read "${directory}/${name}". Mount the service account's token (automountServiceAccountToken), or give --kubeconfig.`,
        { cause },
      );
    }
  };
  return {
    server: `https://${host.includes(":") ? `[${host}]` : host}:${port}`,
    tls: { ca: read("ca.crt") },
    ...remembered(async () => `Bearer ${read("token").trim()}`),
  };
}

/**
 * Access by a kubeconfig file, with everything that its users can hold (certificates, tokens, exec plug-ins).
 * The library that reads it is large, so it is loaded only here.
 * @throws Error when the file or the context is missing.
 */
export async function kubeconfigAccess(file: string, context?: string): Promise<Access> {
  const { KubeConfig } = await import("@kubernetes/client-node");
  const config = new KubeConfig();
  config.loadFromFile(file);
  if (context !== undefined) config.setCurrentContext(context);
  const cluster = config.getCurrentCluster();
  if (cluster === null) {
    const known = config.getContexts().map((each) => each.name);
    throw new Error(
      `Kubeconfig "${file}" has no cluster for context "${config.getCurrentContext()}". It has: ${known.join(", ")}.`,
    );
  }
  const options: ConnectionOptions & { headers?: Record<string, string> } = {};
  await config.applyToHTTPSOptions(options);
  const keep: Access["tls"] = {
    ...(options.ca === undefined ? {} : { ca: options.ca }),
    ...(options.cert === undefined ? {} : { cert: options.cert }),
    ...(options.key === undefined ? {} : { key: options.key }),
    ...(options.servername === undefined ? {} : { servername: options.servername }),
    ...(options.rejectUnauthorized === undefined ? {} : { rejectUnauthorized: options.rejectUnauthorized }),
  };
  return {
    server: cluster.server.replace(/\/+$/, ""),
    tls: keep,
    ...remembered(async () => {
      const each: { headers?: Record<string, string> } = {};
      await config.applyToHTTPSOptions(each);
      return each.headers?.["Authorization"];
    }),
  };
}

/** Access by kubeconfig when one is named, else by the pod's service account. */
export async function access(options: { kubeconfig?: string; context?: string }): Promise<Access> {
  return options.kubeconfig === undefined
    ? podAccess()
    : await kubeconfigAccess(options.kubeconfig, options.context);
}

/** Reads the header's value again when it is a minute old or was refused. */
function remembered(read: () => Promise<string | undefined>): Pick<Access, "authorization" | "forget"> {
  let value: string | undefined;
  let readAt = -Infinity;
  return {
    authorization: async () => {
      if (performance.now() - readAt > tokenAgeMsMax) {
        value = await read();
        readAt = performance.now();
      }
      return value;
    },
    forget: () => {
      readAt = -Infinity;
    },
  };
}
