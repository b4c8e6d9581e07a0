// The hub's own certificate, kept fresh while the hub runs: new connections get the new one, open ones stay.
// Implements grpc-js's provider, which hands over certificate and CA without a restart.

import type { experimental } from "@grpc/grpc-js";
import type { Authority, KeyPair } from "./authority.ts";
import { expiryUnixMs, issueForServer, serverCertificateTtlMs } from "./certificates.ts";

type IdentityListener = experimental.IdentityCertificateUpdateListener;
type AuthorityListener = experimental.CaCertificateUpdateListener;

/** Looked at this often; renewed when less than a third of its life is left. */
const checkIntervalMs = 3_600_000;
const renewBeforeMs = serverCertificateTtlMs / 3;

/** How to make and renew it. */
export interface ServerCertificateOptions {
  readonly authority: Authority;
  /** Names and addresses at which the hub is reached. */
  readonly hosts: readonly string[];
  readonly now: () => number;
  readonly onRenewed: (expiryUnixMs: number) => void;
  readonly onError: (error: unknown) => void;
}

/** Issues the certificate and starts renewing it. */
export async function openServerCertificate(options: ServerCertificateOptions): Promise<ServerCertificate> {
  return new ServerCertificate(options, await issueForServer(options.authority, options.hosts));
}

/** The certificate, its renewal, and those who listen for it. */
export class ServerCertificate implements experimental.CertificateProvider {
  readonly #options: ServerCertificateOptions;
  readonly #authority: Buffer;
  readonly #listeners = new Set<IdentityListener>();
  readonly #timer: NodeJS.Timeout;
  #pair: KeyPair;

  constructor(options: ServerCertificateOptions, pair: KeyPair) {
    this.#options = options;
    this.#authority = Buffer.from(options.authority.certificate.toString("pem"));
    this.#pair = pair;
    this.#timer = setInterval(() => void this.renewWhenDue(), checkIntervalMs);
    this.#timer.unref();
  }

  /** When the current certificate ends, Unix milliseconds. */
  get expiryUnixMs(): number {
    return expiryUnixMs(this.#pair.certificate);
  }

  /** Renews the certificate when little of its life is left. */
  async renewWhenDue(): Promise<void> {
    if (this.expiryUnixMs - this.#options.now() > renewBeforeMs) return;
    try {
      this.#pair = await issueForServer(this.#options.authority, this.#options.hosts);
      for (const listener of this.#listeners) listener(this.#identity());
      this.#options.onRenewed(this.expiryUnixMs);
    } catch (error) {
      this.#options.onError(error);
    }
  }

  close(): void {
    clearInterval(this.#timer);
  }

  /** grpc-js begins to listen for updates only after it has added its listeners, so the first comes a moment later. */
  addCaCertificateListener(listener: AuthorityListener): void {
    queueMicrotask(() => listener({ caCertificate: this.#authority }));
  }

  removeCaCertificateListener(_listener: AuthorityListener): void {}

  addIdentityCertificateListener(listener: IdentityListener): void {
    this.#listeners.add(listener);
    queueMicrotask(() => listener(this.#identity()));
  }

  removeIdentityCertificateListener(listener: IdentityListener): void {
    this.#listeners.delete(listener);
  }

  /** The chain ends with the CA itself, so that a joining agent can find the key that its token names. */
  #identity(): experimental.IdentityCertificateUpdate {
    const chain = Buffer.concat([Buffer.from(`${this.#pair.certificate}\n`), this.#authority]);
    return { certificate: chain, privateKey: Buffer.from(this.#pair.key) };
  }
}
