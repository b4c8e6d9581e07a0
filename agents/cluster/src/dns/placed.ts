// What DNS' ConfigMaps were left as, so that what somebody else changed since is told apart from what is new.
// Remembers texts only; it reads and writes nothing.

import type { ConfigMapName } from "./config-maps.ts";

/** Somebody else changed a text of ours, and it was put back. */
export interface TextEdit {
  readonly configMap: ConfigMapName;
  readonly uid: string;
  /** Which part of it, as people find it: `data.Corefile, line "forward . 192.0.2.1"`. */
  readonly field: string;
}

interface Left {
  /** Our part of the text. */
  readonly own: string;
  /** The whole text. */
  readonly whole: string;
}

/** Texts as they were left, by ConfigMap. */
export class Placed {
  readonly #left = new Map<string, Left>();

  /** Our part and the whole, as they are from now on. */
  note({ namespace, name }: ConfigMapName, own: string, whole: string): void {
    this.#left.set(`${namespace}/${name}`, { own, whole });
  }

  /** Whether the text is as it was left; true as well while nothing was. */
  isAsLeft({ namespace, name }: ConfigMapName, whole: string | undefined): boolean {
    const left = this.#left.get(`${namespace}/${name}`);
    return left === undefined || left.whole === whole;
  }

  /**
   * What somebody else changed of our part: undefined when what is wanted is new, or nothing was changed.
   * `found` is our part as it was found; undefined when it is not there.
   */
  edited({ namespace, name }: ConfigMapName, wanted: string, found: string | undefined): string | undefined {
    const left = this.#left.get(`${namespace}/${name}`);
    const part = left?.own === left?.whole ? "data.Corefile" : "our block in data.Corefile";
    if (left === undefined || left.own !== wanted || found === wanted) return undefined;
    return found === undefined ? `${part} was deleted` : `${part}, ${differingLine(wanted, found)}`;
  }
}

/** The first line that differs. */
function differingLine(wanted: string, found: string): string {
  const [was, is] = [wanted.split("\n"), found.split("\n")];
  const at = was.findIndex((line, index) => line !== is[index]);
  const line = at < 0 ? is[was.length] : is[at];
  const shown = (line ?? "").trim().slice(0, 80);
  return shown === "" ? `line "${(was[at] ?? "").trim().slice(0, 80)}" is missing` : `line "${shown}"`;
}
