/** The hooks for loaded modules inside a worker on Bun. @module */
import { readFileSync, realpathSync, statSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, extname, resolve } from "node:path";
import { Bun, type Loaded } from "./_bun_api.ts";
import { readNow } from "./_node_thread.ts";
import { orUndefinedSync } from "./_or_undefined.ts";
import { specifiersIn, typedImports } from "../script/specifiers.ts";
import { contentHash } from "./content_hash.ts";
import { toPath, toUrl } from "../paths.ts";
import type { LoadHooks } from "./runtime.ts";
import { escapeRegExp, isCommonJs } from "../script/script_text.ts";
import { BUN_CACHE, NODE_MODULES } from "../script/third_party.ts";

const require = createRequire(import.meta.url);

/** Matches files of packages in any place where Bun stores them. */
const PACKAGE = new RegExp(`${NODE_MODULES.source}|${BUN_CACHE.source}`);
/** Matches the files of the plugin. Bun itself reads all others: JSON from a plugin becomes an empty module. */
const SCRIPT = /\.(?:[cm]?[jt]s|[jt]sx)$/;
/** Matches specifiers of files: relative and absolute paths, and URLs. */
const FILE = /^(?:\.\.?\/|\/|file:)/;
const COMMONJS = /\.c[jt]s$/;
const QUERY = /(?:\?.*)?$/;

/** See `WorkerRuntime.hookLoads`. A plugin reads scripts, and other files are found in the imports of scripts. */
export function hookLoads(hooks: LoadHooks): void {
  new Loads(hooks).register();
}

class Loads {
  readonly #hooks: LoadHooks;
  /** The scripts that Bun itself reads. */
  readonly #leftToBun = new Set<string>();
  /** The files that are not scripts, and were reported. */
  readonly #reported = new Set<string>();

  constructor(hooks: LoadHooks) {
    this.#hooks = hooks;
  }

  /** Registers the plugin. Its filter has to exclude files, since a plugin cannot leave a file to Bun. */
  register(): void {
    const plain = [...this.#leftToBun].map((path) => `(?!${escapeRegExp(path)}$)`);
    const script = SCRIPT.source.replace("$", QUERY.source);
    const load = (specifier: string) => this.#load(specifier);
    const filter = new RegExp(`^${plain.join("")}(?!.*(?:${PACKAGE.source})).*${script}`);
    Bun.plugin({
      name: "hotflow",
      setup(build) {
        build.onLoad({ filter }, ({ path }) => load(path));
        build.onResolve({ filter: FILE }, resolveLinks);
      },
    });
  }

  #load(specifier: string): Loaded {
    const [path, query] = splitQuery(specifier);
    // A file that cannot be read fails here, with Bun's error.
    const text = (this.#report(path) ?? readFileSync(path)).toString("utf8");
    this.#reportImports(path, text);
    if (COMMONJS.test(path) || isCommonJs(text)) return this.#require(path);
    const loader = extname(path).replace(/^\.[cm]?/, "");
    const isTransformed = this.#hooks.open(toUrl(path))?.isTransformed;
    return { contents: isTransformed ? this.#hooks.transform(toUrl(path) + query, text) : text, loader };
  }

  #report(path: string): Buffer | undefined {
    const bytes = readNow(path);
    const file = this.#hooks.open(toUrl(path));
    file?.begin(bytes === undefined ? null : contentHash(bytes), bytes);
    if (bytes !== undefined) file?.end();
    return bytes;
  }

  /** Reports the files that a script imports and that are not loaded by the plugin. */
  #reportImports(path: string, text: string): void {
    const typed = new Set([...typedImports(text)].map(([specifier]) => specifier));
    for (const specifier of specifiersIn(text)) {
      const other = /^[./]/.test(specifier) ? resolved(specifier, path) : undefined;
      if (other === undefined || PACKAGE.test(other)) continue;
      if (SCRIPT.test(other) && !typed.has(specifier)) continue;
      if (SCRIPT.test(other)) this.#leaveToBun(other);
      if (this.#reported.has(other)) continue;
      this.#reported.add(other);
      this.#report(other);
    }
  }

  #leaveToBun(path: string): void {
    if (this.#leftToBun.has(path)) return;
    this.#leftToBun.add(path);
    Bun.plugin.clearAll();
    this.register();
  }

  /** Loads CommonJS with Bun itself: a text from a plugin would become an empty module. */
  #require(path: string): Loaded {
    this.#leaveToBun(path);
    // Created by the `require` that has called the plugin.
    delete require.cache[path];
    const whole = require(path);
    const exports = { ...whole, default: whole?.__esModule ? whole.default : whole, "module.exports": whole };
    return { exports, loader: "object" };
  }
}

/** Resolves symbolic links on the path of a file: Bun itself caches their targets for the lifetime of the process. */
function resolveLinks(
  { path: name, importer }: { path: string; importer: string },
): { path: string } | undefined {
  const [plain, query] = splitQuery(name);
  const [from] = splitQuery(importer);
  const path = plain.startsWith("file:") ? toPath(plain) : resolve(dirname(from), plain);
  const real = orUndefinedSync(() => statSync(path).isFile() ? realpathSync(path) : undefined);
  return real === undefined || real === path ? undefined : { path: real + query };
}

/** Splits the path of a module and its query, which Bun joins. */
function splitQuery(specifier: string): [path: string, query: string] {
  const [query = ""] = QUERY.exec(specifier) ?? [];
  return [specifier.slice(0, specifier.length - query.length), query];
}

/** The file that a specifier resolves to; `undefined` when there is none. */
export function resolved(specifier: string, importer: string): string | undefined {
  return orUndefinedSync(() => Bun.resolveSync(specifier, dirname(importer)));
}
