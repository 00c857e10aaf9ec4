/** The way to a value of a YAML file: keys, and places in lists. */
export type YamlPath = readonly (string | number)[];

/**
 * Writes a way as people read it.
 *
 * @param path The way.
 * @returns The text, such as `executors[1].needs`; empty for the whole file.
 */
export function pathText(path: YamlPath): string {
  return path.map((step, at) => typeof step === "number" ? `[${step}]` : at === 0 ? step : `.${step}`).join(
    "",
  );
}

/** A value in a YAML file, whose line is looked up only when it is wanted. */
export interface YamlLocation {
  /** The file's absolute path. */
  readonly file: string;
  readonly path: YamlPath;
}

/** Something that is wrong with a value, before anybody has looked where in the file it stands. */
export interface Diagnostic {
  /** The way to it; what is missing is named by the way to what should hold it. */
  readonly path: YamlPath;
  /** What is wrong, and what is wanted. */
  readonly message: string;
}
