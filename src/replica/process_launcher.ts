import { invalidState } from "../errors/mod.ts";
import { extname, isSourceModule, toPath } from "../paths.ts";
import { type ProcessOptions, runtime } from "../runtime/mod.ts";
import { specifiersIn, typedImports } from "../script/specifiers.ts";
import { ENTRY, type WorkerLauncher } from "./worker_launcher.ts";

/** The library's own files, which the entry imports when it needs them. */
const LIBRARY = ["../", "../../mod.ts"].map((file) => import.meta.resolve(file));
/** What the library reads of the environment. */
const VARIABLES = ["HOTFLOW_LOG_LEVEL", "JINA_LOG_LEVEL"];

/** Runs each worker in a process of its own. One with permissions may read the library, and what its modules import. */
export class ProcessLauncher implements WorkerLauncher {
  /** The files that the modules import. */
  #files: readonly string[] = [];

  constructor(private readonly options: ProcessOptions) {}

  launch(): ReturnType<WorkerLauncher["launch"]> {
    const { permissions } = this.options;
    return runtime.spawnProcess(ENTRY, {
      ...this.options,
      ...(permissions && { permissions: this.#withNeeds(permissions) }),
    });
  }

  expect(modules: readonly string[]): readonly string[] {
    if (this.options.permissions !== undefined) this.#files = importedBy(modules);
    return this.#files;
  }

  #withNeeds(
    permissions: NonNullable<ProcessOptions["permissions"]>,
  ): NonNullable<ProcessOptions["permissions"]> {
    const library = LIBRARY.filter((url) => url.startsWith("file:")).map(toPath);
    const add = (given: boolean | readonly string[] = [], needs: readonly string[]) =>
      given === true || [...given || [], ...needs];
    return withoutCommas({
      ...permissions,
      read: add(permissions.read, [...library, ...this.#files]),
      // Deno gives a process that has no permission at all those of this one.
      env: add(permissions.env, VARIABLES),
    });
  }
}

/** Checks that no item contains a comma, which Deno's flags have no way to escape. */
function withoutCommas(
  permissions: NonNullable<ProcessOptions["permissions"]>,
): NonNullable<ProcessOptions["permissions"]> {
  for (const [kind, items] of Object.entries(permissions)) {
    const wrong = Array.isArray(items) && items.find((item) => item.includes(","));
    if (wrong) {
      throw invalidState(
        `Cannot permit a process to ${kind} "${wrong}": Deno's flags separate items by comma; move it to a path ` +
          `without a comma, or permit \`${kind}: true\``,
      );
    }
  }
  return permissions;
}

/** The paths of modules, and of the files that they import by name: Deno reads each with the process's permissions. */
function importedBy(modules: readonly string[]): string[] {
  const urls = new Set(modules.filter(isOwnFile));
  const others = new Set<string>();
  for (const url of urls) {
    const path = toPath(url);
    const bytes = runtime.mayRead(path) ? runtime.readBytes(path) : undefined;
    if (bytes === undefined) continue;
    const text = new TextDecoder().decode(bytes);
    const asData = new Set(Array.from(typedImports(text), ([specifier]) => specifier));
    for (const specifier of specifiersIn(text)) {
      const imported = resolved(specifier, url);
      if (imported === undefined || !isOwnFile(imported)) continue;
      const isModule = isSourceModule(imported) && !asData.has(specifier);
      (isModule ? urls : others).add(imported);
    }
  }
  return [...new Set([...urls, ...others].map(toPath).flatMap(readAs))];
}

/**
 * The paths that Deno reads for an import: of a file, also that without links. A file that does not exist yet is one of
 * them, so that the error says so; a folder is not.
 */
function readAs(path: string): string[] {
  // Otherwise, Deno would ask the user in a terminal.
  if (!runtime.mayRead(path)) return [];
  const real = runtime.realFile(path);
  if (real !== undefined) return [path, real];
  return extname(path) !== "" && runtime.writtenAt(path) === undefined ? [path] : [];
}

function isOwnFile(url: string): boolean {
  return url.startsWith("file:") && !LIBRARY.some((library) => url.startsWith(library));
}

function resolved(specifier: string, importer: string): string | undefined {
  try {
    const url = new URL(
      /^(?:\.{0,2}\/|file:)/.test(specifier) ? specifier : import.meta.resolve(specifier),
      importer,
    );
    return url.href.replace(/[?#].*$/, "");
  } catch {
    return undefined;
  }
}
