// The hub's two gRPC ports: one for those who have a certificate, one where a token buys the first. Owns the
// sockets, reflection and health; what the services do is given to it.

import * as grpc from "@grpc/grpc-js";
import type { MessageTypeDefinition, PackageDefinition } from "@grpc/proto-loader";
import { ReflectionService } from "@grpc/reflection";
import {
  adminServiceDefinition,
  channelOptions,
  fileDescriptors,
  joinServiceDefinition,
  sessionServiceDefinition,
} from "@sealane/wire";
import { HealthImplementation } from "grpc-health-check";
import type { ServerCertificate } from "../trust/server-certificate.ts";

/** A join carries a token and a certificate request. */
const joinBytesMax = 64 * 1024;
/** Calls in flight are given this long when the hub stops. */
const graceMs = 2_000;

/** What is served where. */
export interface ServeOptions {
  /** `host:port` of sessions, administration and renewal. */
  readonly listen: string;
  /** `host:port` of joining; `port 0` takes any. */
  readonly joinListen: string;
  readonly certificate: ServerCertificate;
  readonly session: grpc.UntypedServiceImplementation;
  readonly admin: grpc.UntypedServiceImplementation;
  /** JoinService for peers with a certificate: renewal. */
  readonly renew: grpc.UntypedServiceImplementation;
  /** JoinService for peers without one. */
  readonly join: grpc.UntypedServiceImplementation;
  /** Stands before every call of the first port. */
  readonly interceptor: grpc.ServerInterceptor;
}

/** Both ports, open. */
export interface Serving {
  readonly sessionPort: number;
  readonly joinPort: number;
  /** Says to health checks that the hub is about to go. */
  drain(): void;
  /** Lets calls in flight finish for a moment, then closes everything. */
  close(): Promise<void>;
}

/**
 * Reflection of our services. The descriptors go in as they were generated: a detour through the library's own loader
 * spoils messages that hold maps, which is also why health, known only to that loader, is not reflected.
 */
function makeReflection(): ReflectionService {
  const schema: Pick<MessageTypeDefinition<object, object>, "fileDescriptorProtos"> = {
    fileDescriptorProtos: fileDescriptors(),
  };
  return new ReflectionService({ sealane: schema } as unknown as PackageDefinition);
}

/** Opens both ports. Rejects when one cannot be bound, naming its flag. */
export async function serve(options: ServeOptions): Promise<Serving> {
  const { certificate } = options;
  const health = new HealthImplementation({ "": "SERVING" });
  const reflection = makeReflection();

  const main = new grpc.Server({ ...channelOptions, interceptors: [options.interceptor] });
  main.addService(sessionServiceDefinition, options.session);
  main.addService(adminServiceDefinition, options.admin);
  main.addService(joinServiceDefinition, options.renew);
  health.addToServer(main);
  reflection.addToServer(main);

  const join = new grpc.Server({ ...channelOptions, "grpc.max_receive_message_length": joinBytesMax });
  join.addService(joinServiceDefinition, options.join);

  // A certificate is asked for and verified by TLS, but its absence is refused by the interceptor: a refused
  // handshake reaches the peer as a broken connection, which tells a person nothing.
  const withPeers = grpc.experimental.createCertificateProviderServerCredentials(
    certificate,
    certificate,
    false,
  );
  const withoutPeers = grpc.experimental.createCertificateProviderServerCredentials(certificate, null, false);
  try {
    const sessionPort = await bind(main, { address: options.listen, flag: "--listen" }, withPeers);
    const joinPort = await bind(join, { address: options.joinListen, flag: "--join-listen" }, withoutPeers);
    return {
      sessionPort,
      joinPort,
      drain: () => health.setStatus("", "NOT_SERVING"),
      close: async () => {
        await Promise.all([shutDown(main), shutDown(join)]);
      },
    };
  } catch (error) {
    main.forceShutdown();
    join.forceShutdown();
    throw error;
  }
}

function bind(
  server: grpc.Server,
  { address, flag }: { readonly address: string; readonly flag: string },
  credentials: grpc.ServerCredentials,
): Promise<number> {
  return new Promise((resolve, reject) => {
    server.bindAsync(address, credentials, (error, port) => {
      if (error === null) resolve(port);
      else
        reject(
          new Error(`Cannot listen on ${flag} ${address}: ${error.message}. Free it or choose another.`),
        );
    });
  });
}

function shutDown(server: grpc.Server): Promise<void> {
  return new Promise((resolve) => {
    const force = setTimeout(() => server.forceShutdown(), graceMs);
    server.tryShutdown(() => {
      clearTimeout(force);
      resolve();
    });
  });
}
