import { toPath } from "../paths.ts";
import { type ProcessOptions, runtime } from "../runtime/mod.ts";
import { specifiersIn } from "../script/specifiers.ts";
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
    return {
      ...permissions,
      read: add(permissions.read, [...library, ...this.#files]),
      // Deno gives a process that has no permission at all those of this one.
      env: add(permissions.env, VARIABLES),
    };
  }
}

/** The paths of modules, and of the files that they import by name: Deno reads each with the process's permissions. */
function importedBy(modules: readonly string[]): string[] {
  const urls = new Set(modules.filter(isOwnFile));
  for (const url of urls) {
    const bytes = runtime.readBytes(toPath(url));
    if (bytes === undefined) continue;
    for (const specifier of specifiersIn(new TextDecoder().decode(bytes))) {
      const imported = resolved(specifier, url);
      if (imported !== undefined && isOwnFile(imported)) urls.add(imported);
    }
  }
  return [...urls].map(toPath);
}

function isOwnFile(url: string): boolean {
  return url.startsWith("file:") && !LIBRARY.some((library) => url.startsWith(library));
}

function resolved(specifier: string, importer: string): string | undefined {
  try {
    return /^(?:\.{0,2}\/|file:)/.test(specifier)
      ? new URL(specifier, importer).href
      : import.meta.resolve(specifier);
  } catch {
    return undefined;
  }
}
