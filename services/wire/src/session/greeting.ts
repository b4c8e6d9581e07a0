// Puts hello or welcome together from its messages: what a side holds may be more than one message carries.
// Refuses a list beyond the bound, and parts without a beginning.

import type { ShardState } from "@sealane/core";
import { shardsPerPeerMax } from "@sealane/core";
import { WireError } from "../error.ts";
import type { HeldMessage } from "./messages.ts";

/** The first message of a greeting. */
export interface GreetingStart<T> {
  readonly case: string;
  readonly value: T;
  readonly continues: boolean;
}

/** One greeting that is on its way. */
export class Greeting<T extends { readonly held: readonly ShardState[] }> {
  readonly #held: ShardState[] = [];
  #start: GreetingStart<T> | undefined;

  /** The first message; gives the greeting when it is whole, else undefined. Throws WireError. */
  begin(start: GreetingStart<T>): T | undefined {
    if (this.#start !== undefined) throw new WireError("malformed", `${start.case} was said twice`);
    this.#start = start;
    return this.#take(start.value.held, start.continues);
  }

  /** What follows it; gives the greeting when it is whole, else undefined. Throws WireError. */
  goOn({ value, continues }: HeldMessage): T | undefined {
    if (this.#start === undefined)
      throw new WireError("malformed", "what is held was said before anything else");
    return this.#take(value, continues);
  }

  #take(states: readonly ShardState[], continues: boolean): T | undefined {
    const start = this.#start;
    if (start === undefined) return undefined;
    if (this.#held.length + states.length > shardsPerPeerMax) {
      throw new WireError("oversized", `${start.case} lists more than ${shardsPerPeerMax} shards`);
    }
    for (const state of states) this.#held.push(state);
    return continues ? undefined : { ...start.value, held: this.#held };
  }
}
