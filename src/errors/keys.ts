import { invalidArgument } from "./coded.ts";
import { preview } from "./info.ts";
import { nearest } from "./nearest.ts";

/**
 * Throws when an object contains an unknown option: without type checks, a misspelled option would be ignored silently.
 *
 * @param action The start of the message after "Cannot", such as "make a Flow with".
 * @param options The options to check.
 * @param known The known names.
 * @throws {TypeError} When an option is unknown, or `options` is not an object.
 */
export function checkKeys(action: string, options: object, known: readonly string[]): void {
  if (typeof options !== "object" || options === null) {
    throw invalidArgument(`Cannot ${action} ${preview(options)}: expected an object of options`);
  }
  const unknown = Object.keys(options).find((key) => !known.includes(key));
  if (unknown === undefined) return;
  const near = nearest(unknown, known);
  throw invalidArgument(
    `Cannot ${action} the option "${unknown}"${near === undefined ? "" : `; did you mean "${near}"?`} ` +
      `(known: ${known.join(", ")})`,
  );
}
