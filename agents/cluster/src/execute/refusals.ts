// Several writes of one thing, of which some may be refused: the others are made all the same, and the first refusal
// is told when all was tried. Whatever else goes wrong ends the work at once.

import { isRefusal } from "./own-kind.ts";

/** What came of one write. */
export type Collected<T> =
  | { readonly done: true; readonly value: T }
  | { readonly done: false; readonly refusal: Error };

/** Refusals of one run. */
export class Refusals {
  readonly #found: Error[] = [];

  /** Waits for the work; a refusal is kept. @throws whatever is no refusal */
  async collect<T>(work: Promise<T>): Promise<Collected<T>> {
    try {
      return { done: true, value: await work };
    } catch (error) {
      if (!isRefusal(error)) throw error;
      this.#found.push(error);
      return { done: false, refusal: error };
    }
  }

  /** @throws the first refusal, if there was one */
  throwFirst(): void {
    const [first] = this.#found;
    if (first !== undefined) throw first;
  }
}
