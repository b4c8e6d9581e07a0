// A long-lived `ip -json -batch -`: one question a line, one line of JSON an answer. Reading the kernel then starts no
// process, which on a busy node costs more than everything else of a change.

import { spawn } from "node:child_process";
import type { ChildProcessByStdio } from "node:child_process";
import { Socket } from "node:net";
import type { Readable, Writable } from "node:stream";

/** How the program is run. */
export interface IpBatchOptions {
  /** Path or name of iproute2's `ip`. */
  readonly program: string;
  /** Options before the batch: `-4`, `-netns x`. */
  readonly options: readonly string[];
  /** Milliseconds for one answer; a program that takes longer is ended and started anew. */
  readonly deadlineMs: number;
}

interface Waiting {
  readonly resolve: (answer: unknown[]) => void;
  readonly reject: (error: Error) => void;
  readonly deadline: NodeJS.Timeout;
  readonly question: string;
}

type Child = ChildProcessByStdio<Writable, Readable, Readable>;

/** Asks one `ip` process, which it starts when needed and again after it failed. It does not keep the process alive. */
export class IpBatch {
  readonly #options: IpBatchOptions;
  #child: Child | undefined;
  #waiting: Waiting[] = [];
  #rest = "";
  #said = "";

  constructor(options: IpBatchOptions) {
    this.#options = options;
  }

  /** One command without the leading `ip`. Rejects when the program fails, ends or takes too long. */
  ask(question: string): Promise<unknown[]> {
    return new Promise((resolve, reject) => {
      const child = (this.#child ??= this.#start());
      const deadline = setTimeout(() => {
        this.#fail(child, new Error(`no answer within ${this.#options.deadlineMs} ms`));
      }, this.#options.deadlineMs);
      this.#waiting.push({ resolve, reject, deadline, question });
      child.stdin.write(`${question}\n`);
    });
  }

  /** Ends the process; what waits rejects. */
  close(): void {
    if (this.#child !== undefined) this.#fail(this.#child, new Error("closed"));
  }

  #start(): Child {
    const { program, options } = this.#options;
    const child = spawn(program, [...options, "-json", "-batch", "-"], { stdio: ["pipe", "pipe", "pipe"] });
    this.#rest = "";
    this.#said = "";
    child.stdout.setEncoding("utf8").on("data", (text: string) => this.#receive(child, text));
    child.stderr
      .setEncoding("utf8")
      .on("data", (text: string) => (this.#said = (this.#said + text).slice(-500)));
    child.stdin.on("error", () => undefined);
    child.on("error", (error) => this.#fail(child, error));
    child.on("close", (status) =>
      this.#fail(child, new Error(`it ended with status ${status}: ${this.#said.trim()}`)),
    );
    // Waiting questions have their deadlines to keep this process alive; an idle child must not.
    child.unref();
    for (const pipe of [child.stdin, child.stdout, child.stderr]) if (pipe instanceof Socket) pipe.unref();
    return child;
  }

  #receive(child: Child, text: string): void {
    if (child !== this.#child) return;
    const lines = (this.#rest + text).split("\n");
    this.#rest = lines.pop() ?? "";
    for (const line of lines.filter((each) => each.trim() !== "")) {
      const next = this.#waiting.shift();
      if (next === undefined) return this.#fail(child, new Error("it answered what nobody asked"));
      clearTimeout(next.deadline);
      const answer: unknown = parse(line);
      if (Array.isArray(answer)) next.resolve(answer);
      else next.reject(new Error(`"ip ${next.question}" did not answer with a list`));
    }
  }

  #fail(child: Child, cause: Error): void {
    if (child !== this.#child) return;
    this.#child = undefined;
    child.kill("SIGKILL");
    for (const { reject, deadline, question } of this.#waiting.splice(0)) {
      clearTimeout(deadline);
      reject(new Error(`"ip ${question}" failed: ${cause.message}`, { cause }));
    }
  }
}

function parse(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}
