import { invalidArgument, preview } from "../errors/mod.ts";

/**
 * Whether an Executor class has `static exclusive = true`: its versions never run side by side.
 *
 * @param type The Executor class.
 * @param replicas The number of workers that run it.
 * @returns Whether it is exclusive.
 * @throws {TypeError} When `exclusive` is not a boolean, or an exclusive class has several replicas.
 */
export function isExclusive(
  type: { readonly name: string; readonly exclusive?: unknown },
  replicas = 1,
): boolean {
  const { name, exclusive = false } = type;
  if (typeof exclusive !== "boolean") {
    throw invalidArgument(
      `Cannot read static exclusive of ${name}: expected true or false, not ${preview(exclusive)}`,
    );
  }
  if (exclusive && replicas > 1) {
    throw invalidArgument(
      `Cannot run ${replicas} replicas of ${name}: its \`static exclusive = true\` allows one worker at a time; ` +
        "set replicas to 1, or delete `exclusive`",
    );
  }
  return exclusive;
}
