import { invalidArgument, preview } from "../errors/mod.ts";

/**
 * Whether an Executor class has `static exclusive = true`: its versions never run side by side.
 *
 * @throws {TypeError} When `exclusive` is not a boolean, or an exclusive class has several replicas.
 */
export function isExclusive(
  { name, exclusive = false }: { readonly name: string; readonly exclusive?: unknown },
  replicas = 1,
): boolean {
  if (typeof exclusive !== "boolean") {
    const what = `expected true or false, not ${preview(exclusive)}`;
    throw invalidArgument(`Cannot read static exclusive of ${name}: ${what}`);
  }
  if (exclusive && replicas > 1) {
    throw invalidArgument(
      `Cannot run ${replicas} replicas of ${name}: its \`static exclusive = true\` allows one worker at a time; ` +
        "set replicas to 1, or delete `exclusive`",
    );
  }
  return exclusive;
}
