// The connection to a hub: one channel for one invocation, every call with a deadline and an error that
// names the cure. grpc is loaded here, when a hub is really asked, so that `--help` starts at once.

import type { ServiceError } from "@grpc/grpc-js";
import type { AdminClient } from "@sealane/wire";
import { CliError } from "../error.ts";
import type { Io } from "../io.ts";
import { checkCertificate } from "./certificate.ts";
import type { ClientConfig, ConfigFlags } from "./config.ts";
import { loadConfig } from "./config.ts";
import { diagnose } from "./diagnose.ts";
import type { Question } from "./fault.ts";
import { callFault, connectionFault, grpcStatus, silence } from "./fault.ts";

/** How each call is made. */
interface CallOptions {
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

/** One question to the hub. */
export type Call<T> = (client: AdminClient, options: CallOptions) => Promise<T>;

/** A list of a large mesh comes as one message; more bytes than this are refused. */
const answerBytesMax = 64 * 1024 * 1024;

/** A hub that can be asked. */
export interface Hub {
  /** `host:port`. */
  readonly address: string;
  /** Asks; a failure becomes a CliError. `action` completes "Cannot ...", `object` is what it is about. */
  readonly ask: <T>(action: string, object: string, call: Call<T>) => Promise<T>;
  /**
   * Asks for a stream; failures as `ask`. The first message is waited for as long as an answer, later ones for ever.
   * Ends quietly when the invocation is interrupted.
   */
  readonly follow: <T>(
    action: string,
    object: string,
    call: (client: AdminClient, signal: AbortSignal) => AsyncIterable<T>,
  ) => AsyncIterable<T>;
  readonly close: () => void;
}

/** What the flags say about the connection. */
export interface HubFlags extends ConfigFlags {
  /** Of each call. */
  readonly timeoutMs: number;
}

/** Reads the configuration, checks the certificate and makes the channel; nothing is sent yet. */
export async function openHub(flags: HubFlags, io: Io): Promise<Hub> {
  const config = await loadConfig(flags, io);
  checkCertificate(config, io.now());
  const { adminClient, secureChannel } = await import("@sealane/wire");
  const { credentials, options } = secureChannel(config.hub, {
    authorities: config.ca,
    own: { certificate: config.certificate, key: config.key },
  });
  const client = adminClient(config.hub, credentials, {
    ...options,
    "grpc.max_receive_message_length": answerBytesMax,
  });
  const { timeoutMs } = flags;
  return {
    address: config.hub,
    ask: async (action, object, call) => {
      const question: Question = { action, object, config, timeoutMs };
      try {
        return await call(client, { timeoutMs, signal: io.signal });
      } catch (error) {
        throw io.signal.aborted ? interruption(config) : await faultOf(question, error);
      }
    },
    follow: (action, object, call) =>
      followed({ action, object, config, timeoutMs }, io.signal, (signal) => call(client, signal)),
    close: () => client.close(),
  };
}

async function* followed<T>(
  question: Question,
  interrupted: AbortSignal,
  call: (signal: AbortSignal) => AsyncIterable<T>,
): AsyncGenerator<T> {
  const deadline = new AbortController();
  const timer = setTimeout(() => deadline.abort(), question.timeoutMs);
  try {
    for await (const message of call(AbortSignal.any([interrupted, deadline.signal]))) {
      clearTimeout(timer);
      yield message;
    }
  } catch (error) {
    if (interrupted.aborted) return;
    if (deadline.signal.aborted) throw silence(question);
    throw await faultOf(question, error);
  } finally {
    clearTimeout(timer);
  }
}

async function faultOf(question: Question, error: unknown): Promise<unknown> {
  if (!isServiceError(error)) return error;
  const code: number = error.code;
  if (code !== grpcStatus.unavailable) return callFault(question, error);
  return connectionFault(question, await diagnose(question.config, question.timeoutMs));
}

function interruption(config: ClientConfig): CliError {
  return new CliError({
    reason: "Interrupted",
    object: `hub ${config.hub}`,
    message: `Interrupted before hub "${config.hub}" had answered`,
    must: "",
    next: "",
  });
}

function isServiceError(error: unknown): error is ServiceError {
  return error instanceof Error && "code" in error && "details" in error && typeof error.code === "number";
}
