import { invalidArgument } from "./coded.ts";
import { preview } from "./info.ts";
import { nearest } from "./nearest.ts";

/**
 * Refuses options that do not exist. Where types are not checked, a slip of the pen would change nothing, without a
 * word.
 *
 * @param deed What they are for, as in "Cannot make a Flow with".
 * @param options What was given.
 * @param known The names there are.
 * @throws {TypeError} Naming the option and the nearest one that exists; or when it is no object.
 */
export function checkKeys(deed: string, options: object, known: readonly string[]): void {
  if (typeof options !== "object" || options === null) {
    throw invalidArgument(`Cannot ${deed} ${preview(options)}: an object of options is wanted`);
  }
  const odd = Object.keys(options).find((key) => !known.includes(key));
  if (odd === undefined) return;
  const near = nearest(odd, known);
  throw invalidArgument(
    `Cannot ${deed} the option "${odd}"${near === undefined ? "" : `; did you mean "${near}"?`} ` +
      `(known: ${known.join(", ")})`,
  );
}
