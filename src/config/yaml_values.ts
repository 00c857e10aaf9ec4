/** The values of a YAML file, and their paths. @module */

/** A mapping of YAML. */
export type Mapping = Record<string, unknown>;

/** Whether a value is a mapping; YAML also has dates. */
export function isMapping(value: unknown): value is Mapping {
  return typeof value === "object" && value !== null && !Array.isArray(value) && !(value instanceof Date);
}

/** The path of a value in a YAML file: keys, and indices in lists. */
export type YamlPath = readonly (string | number)[];

/** Writes a path as text, such as `executors[1].needs`; empty for the whole file. */
export function pathText(path: YamlPath): string {
  const steps = path.map((step) => typeof step === "number" ? `[${step}]` : `.${step}`);
  return steps.join("").replace(/^\./, "");
}

/** A value in a YAML file, whose line is looked up only when a message needs it. */
export interface YamlLocation {
  /** The file's absolute path. */
  readonly file: string;
  readonly path: YamlPath;
}
