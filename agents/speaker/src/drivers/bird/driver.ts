// The BIRD 2 driver: one include of our own in the operator's configuration. It owns two files and the
// quarantine; it never touches the operator's file, its protocols, or a route that is not ours.

import { rm, stat } from "node:fs/promises";
import type { DesiredRoutes } from "@sealane/core";
import { nextHopsPerRouteMax, noRoutes } from "@sealane/core";
import type { Disagreement } from "../../compare.ts";
import { liveRoutes, sameHops, shadowed } from "../../compare.ts";
import type { Applied, Finding, ObservedRoutes, RouteDriver, Seen } from "../../driver.ts";
import type { OnLinkNetwork } from "../../kernel.ts";
import { screen } from "../../screen.ts";
import type { Screened } from "../../screen.ts";
import type { Before, BirdPorts } from "./apply.ts";
import { apply, ask, includeText, pendingPath } from "./apply.ts";
import type { BirdControl } from "./control.ts";
import { withControl } from "./control.ts";
import { FileEdits, watchFiles } from "./file-edits.ts";
import type { PlacedText } from "./files.ts";
import { makeFolders, readPlaced, syncPlaced, writeSynced } from "./files.ts";
import { Quarantine } from "./quarantine.ts";
import { bootOf } from "./render.ts";
import { parseOurRoutes, showOurRoutes } from "./replies.ts";
import type { Settled } from "./settle.ts";
import { look, rewriteKernel, settle } from "./settle.ts";

/** Each round quarantines what failed; the last one fails as a whole. */
const roundsMax = 4;
/** A change of our own is looked at again after this long. */
const busyMs = 50;

/**
 * Opens the driver: makes the include where there is none, since the operator's file needs it, and takes
 * away what another boot originated. Withdraws nothing else.
 */
export async function openBirdDriver(ports: BirdPorts): Promise<RouteDriver> {
  await makeFolders(ports.paths);
  const { install, originate } = readPlaced(ports.paths);
  if (install === undefined) await writeSynced(ports.paths.installPath, includeText(ports, noRoutes).install);
  if (originate !== undefined && bootOf(originate) !== ports.boot) {
    await rm(ports.paths.originatePath);
    const reconfigure = withControl(ports.control, (control) => control.command("configure"));
    await reconfigure.catch(() => undefined); // A BIRD that is not running starts without the file.
  }
  return new BirdDriver(ports);
}

class BirdDriver implements RouteDriver {
  readonly abilities = { originate: true, install: true, nextHopsMax: nextHopsPerRouteMax };
  readonly #ports: BirdPorts;
  readonly #quarantine = new Quarantine();
  #networks: readonly OnLinkNetwork[] = [];
  readonly #edits = new FileEdits();
  #busy = false;

  constructor(ports: BirdPorts) {
    this.#ports = ports;
  }

  async set(desired: DesiredRoutes): Promise<Applied> {
    if (this.#busy) throw new Error("Cannot set routes: the set before has not ended");
    this.#busy = true;
    try {
      return await withControl(this.#ports.control, (control) => this.#set(control, desired));
    } finally {
      this.#busy = false;
    }
  }

  async sync(): Promise<void> {
    await syncPlaced(this.#ports.paths);
  }

  watch(onEdit: () => void, signal: AbortSignal): void {
    const { paths } = this.#ports;
    watchFiles(Object.values(paths), signal, async () => {
      if (this.#busy) return busyMs;
      const waitMs = this.#edits.repairInMs(readPlaced(paths), performance.now());
      if (waitMs === 0) onEdit();
      return waitMs === 0 ? undefined : waitMs;
    });
  }

  async observed(): Promise<ObservedRoutes> {
    const { control, kernel } = this.#ports;
    const [daemon, routes] = await Promise.all([
      seen(withControl(control, async (open) => parseOurRoutes(await ask(open, showOurRoutes, ["0000"])))),
      seen(kernel.routes()),
    ]);
    return { daemon, kernel: routes };
  }

  async close(): Promise<void> {
    await Promise.resolve();
  }

  async #set(control: BirdControl, desired: DesiredRoutes): Promise<Applied> {
    const reply = await ask(control, showOurRoutes, ["0000"]);
    const placed = readPlaced(this.#ports.paths);
    const before = { placed, routes: parseOurRoutes(reply) };
    const edited = this.#edits.take(this.#ports.paths, placed, performance.now());
    let screened = await this.#screen(desired);
    for (let round = 1; round <= roundsMax; round++) {
      const eased = this.#quarantine.ease(screened.accepted, before.routes, Date.now());
      const { change, settled, text } = await this.#reach(control, eased.desired, before);
      const bad = change === "applied" ? refusals(settled, before, eased.desired) : [];
      if (bad.length === 0) {
        this.#edits.note(text);
        const live = liveRoutes(desired, eased.desired, settled.found);
        this.#quarantine.release(live, desired);
        const findings = [
          ...edited,
          ...screened.findings,
          ...eased.findings,
          ...settled.found.map(asFinding),
          ...shadowed(eased.desired, settled.views.kernel),
        ];
        return { change, live, findings };
      }
      this.#hold(bad, screened.accepted, eased.desired);
      screened = await this.#screenFresh(desired);
    }
    throw new Error(
      `BIRD and the kernel still disagreed with the wish after ${roundsMax} attempts; all were rolled back`,
    );
  }

  /** Brings BIRD and the kernel to the wish by the least that is needed. */
  async #reach(
    control: BirdControl,
    desired: DesiredRoutes,
    before: Before,
  ): Promise<{ readonly change: Applied["change"]; readonly settled: Settled; readonly text: PlacedText }> {
    const text = includeText(this.#ports, desired);
    const inPlace = text.install === before.placed.install && text.originate === before.placed.originate;
    const awaited = { desired, before: before.routes, atOnce: true };
    const seenNow = inPlace ? await look(this.#ports, control, awaited) : undefined;
    if (seenNow === undefined || seenNow.found.some(({ where }) => where === "daemon")) {
      const refused = (settled: Settled) => refusals(settled, before, desired).length > 0;
      const settled = await apply(this.#ports, control, { desired, text }, before, refused);
      return { change: "applied", settled, text };
    }
    if (seenNow.found.length > 0) {
      await rewriteKernel(control);
      return { change: "repaired", settled: await settle(this.#ports, control, awaited), text };
    }
    await this.#finishPending(control);
    this.#networks = await this.#ports.kernel.networks();
    return { change: "nothing", settled: seenNow, text };
  }

  /** A change that a former process left unconfirmed, and that is as wanted, would be undone by BIRD. */
  async #finishPending(control: BirdControl): Promise<void> {
    const pending = pendingPath(this.#ports.paths);
    const there = await stat(pending).catch(() => undefined);
    if (there === undefined) return;
    await ask(control, "configure confirm", ["0018", "0019"]);
    await rm(pending, { force: true });
  }

  /** By the networks of the last look; they are read anew before anything is refused. */
  async #screen(desired: DesiredRoutes): Promise<Screened> {
    if (this.#networks.length === 0) return this.#screenFresh(desired);
    const screened = this.#screenBy(desired);
    return screened.findings.length === 0 ? screened : this.#screenFresh(desired);
  }

  async #screenFresh(desired: DesiredRoutes): Promise<Screened> {
    this.#networks = await this.#ports.kernel.networks();
    if (this.#networks.length > 0) return this.#screenBy(desired);
    throw new Error("Cannot set routes: this node is attached to no network, all its links are down");
  }

  #screenBy(desired: DesiredRoutes): Screened {
    return screen(desired, { networks: this.#networks, nextHopsMax: this.abilities.nextHopsMax });
  }

  #hold(bad: readonly Disagreement[], wished: DesiredRoutes, tried: DesiredRoutes): void {
    const nowMs = Date.now();
    for (const { prefix, message } of bad) {
      const route = wished.install.find((candidate) => candidate.prefix === prefix);
      const nextHops = route?.nextHops ?? [];
      const attempt = tried.install.find((candidate) => candidate.prefix === prefix);
      const eased = attempt !== undefined && attempt.nextHops.length < nextHops.length;
      const kind = route === undefined ? "originate" : "install";
      this.#quarantine.hold({ kind, prefix, nextHops, eased, message }, nowMs);
    }
  }
}

/**
 * What a change must be taken back for: a wanted route that the change touched and that did not come. A
 * removal is never taken back, and what was wrong before the change is not the change's fault.
 */
function refusals({ found }: Settled, { routes }: Before, desired: DesiredRoutes): readonly Disagreement[] {
  return found.filter(({ prefix, kind, where }) => {
    if (kind === "left") return false;
    if (kind === "swallowed") return true;
    const wanted = desired.install.find((route) => route.prefix === prefix);
    const held = routes.find((route) => route.prefix === prefix && route.kind === "install");
    const untouched = wanted !== undefined && held !== undefined && sameHops(wanted.nextHops, held.nextHops);
    return where === "daemon" || !untouched;
  });
}

function asFinding({ prefix, message }: Disagreement): Finding {
  return { subject: prefix, reason: "ApplyFailed", message: `${prefix}: ${message}` };
}

async function seen<T>(reading: Promise<T>): Promise<Seen<T>> {
  try {
    return { known: true, value: await reading };
  } catch (error) {
    return { known: false, why: error instanceof Error ? error.message : String(error) };
  }
}
