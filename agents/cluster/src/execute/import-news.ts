// What people are told of an import by Events: that its type turned, and why it could not be written. Each is told
// where they look: at the ServiceImport, and at the ServiceExport where this cluster has one of the name.

import { messageOf } from "../kube/error.ts";
import type { EventText } from "../kube/events.ts";
import { resources } from "../kube/resource.ts";
import type { Resource } from "../kube/resource.ts";
import { objectKey, splitKey } from "../kube/store.ts";
import type { ObjectKey, ReadableStore, Stored } from "../kube/store.ts";
import type { EventSink } from "./export-events.ts";
import type { TypeChange } from "./import-writer.ts";
import { ForeignObject } from "./own-kind.ts";
import type { ServiceImport } from "./parse-own.ts";

/** Where they are told, and of what. */
export interface ImportNewsOptions {
  readonly events: EventSink;
  readonly imports: ReadableStore<Stored>;
  readonly exports: ReadableStore<Stored>;
}

/** Tells. */
export class ImportNews {
  readonly #options: ImportNewsOptions;

  constructor(options: ImportNewsOptions) {
    this.#options = options;
  }

  /** A service turned headless, or has an address now. */
  typeChanged(before: ServiceImport, { type, owner }: TypeChange): void {
    const name = objectKey(before.namespace, before.name);
    const note = `Service ${name} is ${type} now and was ${String(before.spec["type"])}: the oldest export decides, which is cluster "${owner}"'s. Names and addresses of it lead elsewhere now.`;
    const text = { type: "Warning", reason: "TypeChanged", note } as const;
    this.#tell(resources.serviceImports, name, { ...text, action: "Import" });
    if (this.#options.exports.get(name) !== undefined)
      this.#tell(resources.serviceExports, name, { ...text, action: "Export" });
  }

  /** Something of an import, or its status, was refused. */
  importRefused(name: ObjectKey, refusal: Error): void {
    this.#tell(resources.serviceImports, name, refusalText("Import", refusal));
  }

  /** The status of an export was refused. */
  exportRefused(name: ObjectKey, refusal: Error): void {
    this.#tell(resources.serviceExports, name, refusalText("Export", refusal));
  }

  #tell(resource: Resource, name: ObjectKey, text: EventText): void {
    const { events, imports, exports } = this.#options;
    const held = (resource === resources.serviceImports ? imports : exports).get(name);
    events.record({ resource, ...splitKey(name), uid: held?.uid ?? "" }, text);
  }
}

function refusalText(action: string, refusal: Error): EventText {
  const reason = refusal instanceof ForeignObject ? "ObjectNotOurs" : "WriteFailed";
  return { type: "Warning", reason, action, note: messageOf(refusal) };
}
