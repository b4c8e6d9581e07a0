// BIRD's control socket: one connection, one command at a time, each with a deadline. It speaks the protocol
// of birdc and knows nothing of what the commands mean.

import { connect } from "node:net";
import type { Socket } from "node:net";

/** One line of a reply with its four-digit code; continuation lines carry the code of the line before. */
export interface ReplyLine {
  readonly code: string;
  readonly text: string;
}

/** A whole reply. Codes 8xxx are refusals at run time, 9xxx syntax errors. */
export interface Reply {
  /** Code of the final line. */
  readonly code: string;
  readonly lines: readonly ReplyLine[];
}

/** Where BIRD listens and how long it may take. */
export interface ControlOptions {
  readonly socketPath: string;
  /** Milliseconds for connecting and for each command. */
  readonly deadlineMs: number;
}

/** A reply that is longer ends the connection: a million routes fit. */
const replyCharsMax = 256 * 1024 * 1024;

interface Waiting {
  readonly resolve: (reply: Reply) => void;
  readonly reject: (error: Error) => void;
  readonly deadline: NodeJS.Timeout;
}

/** An open connection. Any failure, a missed deadline too, ends it: then open another. */
export class BirdControl {
  readonly #socket: Socket;
  readonly #options: ControlOptions;
  #waiting: Waiting | undefined;
  #rest = "";
  #lines: ReplyLine[] = [];
  #chars = 0;
  #failure: Error | undefined;

  private constructor(socket: Socket, options: ControlOptions) {
    this.#socket = socket;
    this.#options = options;
    socket.setEncoding("utf8");
    socket.on("data", (text: string) => this.#receive(text));
    socket.on("error", (error) => this.#fail(error));
    socket.on("close", () => this.#fail(new Error("BIRD closed the connection")));
  }

  /** Connects and reads the greeting (0001). Rejects when BIRD does not answer. */
  static async open(options: ControlOptions): Promise<BirdControl> {
    const control = new BirdControl(connect(options.socketPath), options);
    const greeting = await control.#reply("connect");
    if (greeting.code === "0001") return control;
    control.close();
    throw new Error(`${options.socketPath} answered ${replyText(greeting)} instead of BIRD's greeting`);
  }

  /** Sends one command and gives its whole reply, refusals included. Rejects when the connection fails. */
  command(text: string): Promise<Reply> {
    if (text.includes("\n"))
      throw new Error(`Cannot send ${JSON.stringify(text)} to BIRD: it is more than one line`);
    const reply = this.#reply(text);
    if (this.#failure === undefined) this.#socket.write(`${text}\n`);
    return reply;
  }

  /** Ends the connection; a waiting command rejects. */
  close(): void {
    this.#socket.destroy();
  }

  #reply(command: string): Promise<Reply> {
    if (this.#waiting !== undefined)
      throw new Error(`Cannot send "${command}" to BIRD: another command waits`);
    return new Promise((resolve, reject) => {
      if (this.#failure !== undefined) return reject(this.#failure);
      const { socketPath, deadlineMs } = this.#options;
      const late = () =>
        this.#fail(new Error(`BIRD at ${socketPath} did not answer "${command}" within ${deadlineMs} ms`));
      this.#waiting = { resolve, reject, deadline: setTimeout(late, deadlineMs) };
    });
  }

  #receive(text: string): void {
    this.#chars += text.length;
    if (this.#chars > replyCharsMax)
      return this.#fail(new Error(`A reply of BIRD exceeds ${replyCharsMax} characters`));
    const parts = (this.#rest + text).split("\n");
    this.#rest = parts.pop() ?? "";
    for (const line of parts) this.#line(line);
  }

  /** `1234-text` goes on, `1234 text` ends the reply, ` text` continues the line before, `+text` is a log line. */
  #line(line: string): void {
    if (line.startsWith("+")) return;
    const coded = /^(\d{4})([ -])(.*)$/.exec(line);
    if (coded === null) {
      const code = this.#lines.at(-1)?.code ?? "";
      this.#lines.push({ code, text: line.slice(1) });
      return;
    }
    const [, code = "", separator, text = ""] = coded;
    this.#lines.push({ code, text });
    if (separator === " ") this.#finish({ code, lines: this.#lines });
  }

  #finish(reply: Reply): void {
    this.#lines = [];
    this.#chars = 0;
    const waiting = this.#waiting;
    if (waiting === undefined) return;
    this.#waiting = undefined;
    clearTimeout(waiting.deadline);
    waiting.resolve(reply);
  }

  #fail(error: Error): void {
    if (this.#failure !== undefined) return;
    this.#failure = error;
    this.#socket.destroy();
    const waiting = this.#waiting;
    this.#waiting = undefined;
    if (waiting === undefined) return;
    clearTimeout(waiting.deadline);
    waiting.reject(error);
  }
}

/** A reply for a person. */
export function replyText({ lines }: Reply): string {
  return lines.map(({ code, text }) => `${code} ${text}`.trim()).join("; ");
}

/** Opens a connection for the time of `use`. */
export async function withControl<T>(
  options: ControlOptions,
  use: (control: BirdControl) => Promise<T>,
): Promise<T> {
  const control = await BirdControl.open(options);
  try {
    return await use(control);
  } finally {
    control.close();
  }
}
