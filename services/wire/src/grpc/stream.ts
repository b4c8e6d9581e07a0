// Glue between server-streaming methods and grpc-js: async iterables on both sides, so whoever is slow is waited for
// and no message is queued.

import type { MessageInitShape, MessageShape } from "@bufbuild/protobuf";
import { create } from "@bufbuild/protobuf";
import type { GenService, GenServiceMethods } from "@bufbuild/protobuf/codegenv2";
import type * as grpc from "@grpc/grpc-js";
import { methodDefinition } from "./service.ts";

type Streaming<S extends GenService<GenServiceMethods>> = {
  [M in keyof S["method"]]: S["method"][M] extends { methodKind: "server_streaming" } ? M : never;
}[keyof S["method"]];

/**
 * The server-streaming methods of a service. Iteration ends with the stream and throws grpc.ServiceError when it fails;
 * leaving the loop, or aborting, cancels the call.
 */
export type StreamClient<S extends GenService<GenServiceMethods>> = {
  [M in Streaming<S>]: (
    request: MessageInitShape<S["method"][M]["input"]>,
    signal: AbortSignal,
  ) => AsyncIterable<MessageShape<S["method"][M]["output"]>>;
};

/**
 * The server-streaming methods as a server has to give them. The next message is asked for when the last one has been
 * taken by the connection. `signal` is aborted when the peer is gone. What is thrown becomes the call's status.
 */
export type StreamHandlers<S extends GenService<GenServiceMethods>> = {
  [M in Streaming<S>]: (
    request: MessageShape<S["method"][M]["input"]>,
    call: grpc.ServerWritableStream<object, object>,
    signal: AbortSignal,
  ) => AsyncIterable<MessageInitShape<S["method"][M]["output"]>>;
};

/** A client for the server-streaming methods of a service. Calls have no deadline: the caller's signal ends them. */
export function streamClient<S extends GenService<GenServiceMethods>>(
  service: S,
  client: grpc.Client,
): StreamClient<S> {
  const methods = service.methods
    .filter(({ methodKind }) => methodKind === "server_streaming")
    .map((method) => {
      const { path, requestSerialize, responseDeserialize } = methodDefinition(service, method);
      const call = (init: MessageInitShape<typeof method.input>, signal: AbortSignal) =>
        received(
          client.makeServerStreamRequest(
            path,
            requestSerialize,
            responseDeserialize,
            create(method.input, init),
          ),
          signal,
        );
      return [method.localName, call] as const;
    });
  return Object.fromEntries(methods) as unknown as StreamClient<S>;
}

async function* received(
  stream: grpc.ClientReadableStream<object>,
  signal: AbortSignal,
): AsyncGenerator<object> {
  const cancel = () => stream.cancel();
  // A cancelled stream says so once more after nobody listens.
  stream.on("error", () => undefined);
  if (signal.aborted) cancel();
  signal.addEventListener("abort", cancel);
  try {
    yield* stream as AsyncIterable<object>;
  } finally {
    signal.removeEventListener("abort", cancel);
    cancel();
  }
}

/** Turns async iterables into what `grpc.Server.addService` takes. `statusOf` maps an error to the call's status. */
export function streamImplementation<S extends GenService<GenServiceMethods>>(
  service: S,
  handlers: StreamHandlers<S>,
  statusOf: (error: unknown) => Partial<grpc.StatusObject>,
): grpc.UntypedServiceImplementation {
  type Handler = (request: object, call: object, signal: AbortSignal) => AsyncIterable<object>;
  const byName = handlers as unknown as Record<string, Handler>;
  const methods = service.methods.filter(({ methodKind }) => methodKind === "server_streaming");
  return Object.fromEntries(
    methods.map((method) => {
      const handle: grpc.handleServerStreamingCall<object, object> = (call) => {
        const handler = byName[method.localName];
        if (handler === undefined) throw new Error(`${service.typeName} has no handler for ${method.name}`);
        const gone = new AbortController();
        call.on("cancelled", () => gone.abort());
        send(
          call,
          (signal) => handler(call.request, call, signal),
          (init) => create(method.output, init as MessageInitShape<typeof method.output>),
          gone.signal,
        ).then(
          () => call.end(),
          (error: unknown) => call.emit("error", statusOf(error)),
        );
      };
      return [method.localName, handle];
    }),
  );
}

/** Sends one message after the other; at most one waits for the connection. */
async function send(
  call: grpc.ServerWritableStream<object, object>,
  messages: (signal: AbortSignal) => AsyncIterable<object>,
  encode: (init: object) => object,
  gone: AbortSignal,
): Promise<void> {
  for await (const init of messages(gone)) {
    if (gone.aborted) return;
    await taken(call, encode(init), gone);
  }
}

/** Resolves when the connection took the message, or the peer is gone: then grpc-js never calls back. */
function taken(
  call: grpc.ServerWritableStream<object, object>,
  message: object,
  gone: AbortSignal,
): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      gone.removeEventListener("abort", done);
      resolve();
    };
    gone.addEventListener("abort", done);
    call.write(message, done);
  });
}
