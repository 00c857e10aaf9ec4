import { join } from "node:path";

/** Folders that are made, not written: Deno's check and test would look into them too. */
const MADE = ["npm", "coverage", "node_modules"];

/** The tests that need the real Python clients: a task of their own runs them. */
export const CLIENT_TESTS = "tests/clients";

/** The code of the page, which runs in browsers: it is checked with their types. */
const PAGE = "src/page/client";

/** What of the project is type-checked: every folder and file that is visible, but for {@linkcode PAGE}. */
export function checkedEntries(root: string, folder = ""): string[] {
  return [...Deno.readDirSync(join(root, folder))]
    .filter(({ name, isDirectory }) =>
      !name.startsWith(".") && !MADE.includes(name) && (isDirectory || /\.(ts|md)$/.test(name))
    )
    .map(({ name }) => folder === "" ? name : `${folder}/${name}`)
    .sort()
    .flatMap((entry) =>
      entry === PAGE ? [] : PAGE.startsWith(`${entry}/`) ? checkedEntries(root, entry) : [entry]
    );
}

/** Checks the code of the page. */
export function pageCheckArgs(): string[] {
  return ["check", "--quiet", "--config", "tools/page/deno.json", `${PAGE}/main.ts`];
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
