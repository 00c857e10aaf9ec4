/** A mapping of YAML. */
export type Mapping = Record<string, unknown>;

/** Whether a value is a mapping; YAML also has dates. */
export function isMapping(value: unknown): value is Mapping {
  return typeof value === "object" && value !== null && !Array.isArray(value) && !(value instanceof Date);
}
