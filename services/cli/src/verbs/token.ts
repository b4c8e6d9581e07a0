// `sealane token`: join tokens. The secret of a new one is printed once, alone on stdout, and is nowhere else.

import type { Command } from "commander";
import { Option } from "commander";
import { parseDuration } from "../duration.ts";
import { usageError } from "../error.ts";
import { tokenKind, toToken } from "../views/token.ts";
import type { Token } from "../views/token.ts";
import type { GlobalFlags, Invocation } from "./verb.ts";
import { examples, print, withHub } from "./verb.ts";

/** Adds the verb. */
export function addToken(program: Command, invocation: Invocation): void {
  const token = program
    .command("token")
    .description("Makes, lists and revokes the tokens by which clusters join.")
    .usage("create|list|revoke [options]")
    .argument("[what]")
    .addHelpText(
      "before",
      examples("sealane token create c > token", "sealane token list", "sealane token revoke ID"),
    )
    .action((word: string | undefined) => {
      const got = word === undefined ? "nothing to do is named" : `"${word}" cannot be done`;
      throw usageError(
        "token",
        `Cannot manage tokens: ${got}`,
        "it must be create, list or revoke",
        "sealane token --help",
      );
    });
  addCreate(token, invocation);
  addList(token, invocation);
  addRevoke(token, invocation);
}

function addCreate(token: Command, { io }: Invocation): void {
  token
    .command("create")
    .description("Makes a token with which one agent can join once, and prints it.")
    .argument("<CLUSTER>", "the cluster that may use it: an RFC 1123 label")
    .addOption(
      new Option("--ttl <duration>", "how long it may be used").default(3_600, "1h").argParser(ttlSeconds),
    )
    .addHelpText("before", examples("sealane token create c > token", "sealane token create c --ttl 15m"))
    .action(async (cluster: string, _, command: Command) => {
      const flags = command.optsWithGlobals<GlobalFlags & { readonly ttl: number }>();
      refuseName(flags);
      const answer = await withHub(flags, io, (hub) =>
        hub.ask(`create a token for "${cluster}"`, `cluster/${cluster}`, (client, options) =>
          client.createToken({ cluster, ttlSeconds: flags.ttl }, options),
        ),
      );
      const info = answer.info === undefined ? undefined : toToken(answer.info, io.now());
      if (flags.output === "json" || flags.output === "yaml") {
        await print(
          { kind: tokenKind, items: [{ ...info, token: answer.token } as Token] },
          flags.output,
          io,
        );
        return;
      }
      io.stdout.write(`${answer.token}\n`);
      const until = info?.expiresAt ?? "its end";
      io.stderr.write(
        `token/${info?.id ?? ""} created: usable once, by cluster ${cluster}, until ${until}\n`,
      );
    });
}

function addList(token: Command, { io }: Invocation): void {
  token
    .command("list")
    .description("Lists tokens without their secrets, newest first.")
    .addHelpText("before", examples("sealane token list", "sealane token list -o wide"))
    .action(async (_, command: Command) => {
      const flags = command.optsWithGlobals<GlobalFlags>();
      const answer = await withHub(flags, io, (hub) =>
        hub.ask("list tokens", "", (client, options) => client.listTokens({}, options)),
      );
      await print(
        { kind: tokenKind, items: answer.tokens.map((info) => toToken(info, io.now())) },
        flags.output,
        io,
      );
    });
}

function addRevoke(token: Command, { io }: Invocation): void {
  token
    .command("revoke")
    .description("Makes a token unusable.")
    .argument("<ID>", "as `sealane token list` shows it")
    .addHelpText("before", examples("sealane token revoke 4f2a91c0"))
    .action(async (given: string, _, command: Command) => {
      const flags = command.optsWithGlobals<GlobalFlags>();
      const id = given.replace(/^token\//, "");
      const answer = await withHub(flags, io, (hub) =>
        hub.ask(`revoke token "${id}"`, `token/${id}`, (client, options) =>
          client.revokeToken({ id }, options),
        ),
      );
      if (flags.output !== "table" && flags.output !== "wide") {
        const items = answer.info === undefined ? [] : [toToken(answer.info, io.now())];
        await print({ kind: tokenKind, items }, flags.output, io);
      } else io.stdout.write(`token/${id} revoked\n`);
    });
}

function ttlSeconds(text: string): number {
  const seconds = (parseDuration(text) ?? Number.NaN) / 1_000;
  if (Number.isInteger(seconds) && seconds < 2 ** 32) return seconds;
  throw usageError(
    "--ttl",
    `Cannot use "${text}" as --ttl: it is no whole number of seconds`,
    "it must be like 15m or 1h",
  );
}

function refuseName({ output }: GlobalFlags): void {
  if (output !== "name") return;
  throw usageError(
    "-o",
    "Cannot print a new token with -o name: its secret would be lost",
    "it must be table, json or yaml",
  );
}
