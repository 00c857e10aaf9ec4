/** Folders that are made, not written: Deno's check and test would look into them too. */
const MADE = ["npm", "coverage", "node_modules"];

/** The tests that need the real Python clients: a task of their own runs them. */
export const CLIENT_TESTS = "tests/clients";

/** What of the project is type-checked: every visible folder, and every module and document, at its top. */
export function checkedEntries(root: string): string[] {
  return [...Deno.readDirSync(root)]
    .filter(({ name, isDirectory }) =>
      !name.startsWith(".") && !MADE.includes(name) && (isDirectory || /\.(ts|md)$/.test(name))
    )
    .map(({ name }) => name)
    .sort();
}

/** Examples in docstrings and in Markdown are checked like any other code. */
export function checkArgs(root: string): string[] {
  return ["check", "--quiet", "--doc", ...checkedEntries(root)];
}

/** Tests that need a package that is built and installed first: see `tools/test_packages.ts`. */
export const PACKAGE_TESTS = "tests/packages";

/** Examples in docstrings and documents, and no test besides. */
export function exampleArgs(): string[] {
  return testArgs([`--preload=${import.meta.resolve("./strict_console.ts")}`], ["tests"]);
}

/** Without type checks: those come first and on their own, else each worker's start in a test would pay for them. */
export function testArgs(userArgs: readonly string[], left: readonly string[] = []): string[] {
  const folders = [
    ".jsr-mirror",
    ".runtimes",
    ".python-clients",
    PACKAGE_TESTS,
    CLIENT_TESTS,
    ...MADE,
    ...left,
  ];
  return ["test", "--no-check", "--doc", "-A", `--ignore=${folders.join(",")}`, ...userArgs];
}
