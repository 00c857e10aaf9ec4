/** The path of a value in a YAML file: keys, and indices in lists. */
export type YamlPath = readonly (string | number)[];

/**
 * Writes a path as text.
 *
 * @param path The path.
 * @returns The text, such as `executors[1].needs`; empty for the whole file.
 */
export function pathText(path: YamlPath): string {
  return path.map((step, at) => typeof step === "number" ? `[${step}]` : at === 0 ? step : `.${step}`).join(
    "",
  );
}

/** A value in a YAML file, whose line is looked up only when a message needs it. */
export interface YamlLocation {
  /** The file's absolute path. */
  readonly file: string;
  readonly path: YamlPath;
}
