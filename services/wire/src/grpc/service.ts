// Glue between protobuf services and grpc-js: no stub generator, only the descriptors.

import type { DescMethod, DescService, MessageInitShape, MessageShape } from "@bufbuild/protobuf";
import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import type { GenService, GenServiceMethods } from "@bufbuild/protobuf/codegenv2";
import type * as grpc from "@grpc/grpc-js";
import { messageBytesMax } from "@sealane/core";

/** The grpc-js definition of a service; methods are keyed by their lower-camel names. */
export function serviceDefinition(service: DescService): grpc.ServiceDefinition {
  return Object.fromEntries(
    service.methods.map((method) => [method.localName, methodDefinition(service, method)]),
  );
}

/** One method as grpc-js calls and serves it. */
export function methodDefinition(
  service: DescService,
  method: DescMethod,
): grpc.MethodDefinition<object, object> {
  const { methodKind } = method;
  return {
    path: `/${service.typeName}/${method.name}`,
    requestStream: methodKind === "client_streaming" || methodKind === "bidi_streaming",
    responseStream: methodKind === "server_streaming" || methodKind === "bidi_streaming",
    requestSerialize: serializer(method.input),
    requestDeserialize: (bytes) => fromBinary(method.input, bytes),
    responseSerialize: serializer(method.output),
    responseDeserialize: (bytes) => fromBinary(method.output, bytes),
  };
}

/** Messages are encoded; a Buffer passes as it is, so bytes made once serve every peer. */
function serializer(schema: DescMethod["input"]): (message: object) => Buffer {
  return (message) => {
    if (Buffer.isBuffer(message)) return message;
    const bytes = toBinary(schema, message as MessageShape<typeof schema>);
    return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  };
}

type Unary<S extends GenService<GenServiceMethods>> = {
  [M in keyof S["method"]]: S["method"][M] extends { methodKind: "unary" } ? M : never;
}[keyof S["method"]];

/** How one call is made. */
export interface CallOptions {
  /** 10 s by default. */
  readonly timeoutMs?: number;
  /** Cancels the call when aborted. */
  readonly signal?: AbortSignal;
}

/** The unary methods of a service as promises. Failures are grpc.ServiceError. */
export type UnaryClient<S extends GenService<GenServiceMethods>> = {
  [M in Unary<S>]: (
    request: MessageInitShape<S["method"][M]["input"]>,
    options?: CallOptions,
  ) => Promise<MessageShape<S["method"][M]["output"]>>;
} & { readonly close: () => void };

/** The unary methods of a service as a server has to give them; a rejection becomes the call's status. */
export type UnaryHandlers<S extends GenService<GenServiceMethods>> = {
  [M in Unary<S>]: (
    request: MessageShape<S["method"][M]["input"]>,
    call: grpc.ServerUnaryCall<object, object>,
  ) => Promise<MessageInitShape<S["method"][M]["output"]>>;
};

/** Channel options that both sides of every connection use. */
export const channelOptions = {
  "grpc.max_receive_message_length": messageBytesMax,
  "grpc.keepalive_time_ms": 10_000,
  "grpc.keepalive_timeout_ms": 5_000,
  "grpc.keepalive_permit_without_calls": 1,
  "grpc-node.flow_control_window": 262_144,
  "grpc.enable_retries": 0,
} as const;

/** A client for the unary methods of a service over a grpc-js client. `timeoutMs` defaults to 10 s. */
export function unaryClient<S extends GenService<GenServiceMethods>>(
  service: S,
  client: grpc.Client,
): UnaryClient<S> {
  const methods = service.methods
    .filter(({ methodKind }) => methodKind === "unary")
    .map((method) => {
      const { path, requestSerialize, responseDeserialize } = methodDefinition(service, method);
      const call = (init: MessageInitShape<typeof method.input>, options?: CallOptions) =>
        new Promise<object>((resolve, reject) => {
          const deadline = Date.now() + (options?.timeoutMs ?? 10_000);
          const request = create(method.input, init);
          const { signal } = options ?? {};
          const sent = client.makeUnaryRequest(
            path,
            requestSerialize,
            responseDeserialize,
            request,
            { deadline },
            (error, reply) => {
              signal?.removeEventListener("abort", cancel);
              if (error) reject(error);
              else resolve(reply as object);
            },
          );
          const cancel = () => sent.cancel();
          if (signal?.aborted === true) cancel();
          signal?.addEventListener("abort", cancel);
        });
      return [method.localName, call] as const;
    });
  return { ...Object.fromEntries(methods), close: () => client.close() } as UnaryClient<S>;
}

/** Turns promise handlers into what `grpc.Server.addService` takes. `statusOf` maps an error to the call's status. */
export function unaryImplementation<S extends GenService<GenServiceMethods>>(
  service: S,
  handlers: UnaryHandlers<S>,
  statusOf: (error: unknown) => Partial<grpc.StatusObject>,
): grpc.UntypedServiceImplementation {
  const byName = handlers as unknown as Record<string, (request: object, call: object) => Promise<object>>;
  const methods = service.methods.filter(({ methodKind }) => methodKind === "unary");
  return Object.fromEntries(
    methods.map((method) => {
      const handle: grpc.handleUnaryCall<object, object> = (call, callback) => {
        const handler = byName[method.localName];
        if (handler === undefined) throw new Error(`${service.typeName} has no handler for ${method.name}`);
        handler(call.request, call).then(
          (init) => callback(null, create(method.output, init as MessageInitShape<typeof method.output>)),
          (error: unknown) => callback(statusOf(error)),
        );
      };
      return [method.localName, handle];
    }),
  );
}
