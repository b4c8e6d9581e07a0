// Values as YAML that every reader takes for the same: kubectl and most libraries read version 1.1, where `no` is false
// and a time is no text, others 1.2.

import { stringify } from "yaml";

/** One document, without a marker; fields that are undefined are left out. */
export function yamlText(value: object): string {
  return stringify(value, { version: "1.1", lineWidth: 0, aliasDuplicateObjects: false });
}
