import { stringify } from "yaml";

/** Writes values as YAML that programs of YAML 1.1 and 1.2 read alike. */
export function yamlText(value: unknown): string {
  return stringify(value, {
    compat: "yaml-1.1",
    lineWidth: 0,
    blockQuote: "literal",
    aliasDuplicateObjects: false,
  });
}
