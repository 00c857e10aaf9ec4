/** How modules are loaded inside a worker on Bun. @module */
import { readFileSync, realpathSync, statSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, extname, resolve } from "node:path";
import { readNow } from "./_node_thread.ts";
import { specifiersIn, typedImports } from "../script/specifiers.ts";
import { contentHash } from "./content_hash.ts";
import { toPath, toUrl } from "../paths.ts";
import type { LoadHooks } from "./runtime.ts";
import { escapeRegExp, isCommonJs } from "../script/script_text.ts";
import { BUN_CACHE, NODE_MODULES } from "../script/third_party.ts";

/** What is used of Bun. */
type Loaded = { readonly contents: string; readonly loader: string } | {
  readonly exports: Readonly<Record<string, unknown>>;
  readonly loader: "object";
};
interface Plugin {
  readonly name: string;
  setup(build: {
    onLoad(on: { filter: RegExp }, load: (args: { path: string }) => Loaded): void;
    onResolve(
      on: { filter: RegExp },
      resolve: (args: { path: string; importer: string }) => { path: string } | undefined,
    ): void;
  }): void;
}
interface Bun {
  readonly plugin: ((plugin: Plugin) => void) & { clearAll(): void };
  resolveSync(specifier: string, folder: string): string;
}

const { Bun } = globalThis as unknown as { Bun: Bun };
const require = createRequire(import.meta.url);

/** Packages, wherever Bun keeps them. */
const PACKAGE = new RegExp(`${NODE_MODULES.source}|${BUN_CACHE.source}`);
/** What the plugin is asked for. Bun reads all else itself: of JSON that a plugin gives, it makes an empty module. */
const SCRIPT = /\.(?:[cm]?[jt]s|[jt]sx)$/;
/** Names of files: relative ones, absolute ones, URLs. */
const FILE = /^(?:\.\.?\/|\/|file:)/;
const COMMONJS = /\.c[jt]s$/;
const QUERY = /(?:\?.*)?$/;

/** Reports the files that are imported and required: by a plugin, which reads scripts, and by what scripts name. */
export function hookLoads(hooks: LoadHooks): void {
  new Loads(hooks).register();
}

class Loads {
  readonly #hooks: LoadHooks;
  /** The scripts that Bun reads itself. */
  readonly #plain = new Set<string>();
  /** The other files that were seen. */
  readonly #others = new Set<string>();

  constructor(hooks: LoadHooks) {
    this.#hooks = hooks;
  }

  /** A plugin cannot pass on what it is asked for: what it is not to read has to be in its filter. */
  register(): void {
    const plain = [...this.#plain].map((path) => `(?!${escapeRegExp(path)}$)`);
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
    const path = specifier.replace(QUERY, "");
    // What cannot be read fails here, in Bun's words.
    const text = (this.#see(path) ?? readFileSync(path)).toString("utf8");
    this.#follow(path, text);
    if (COMMONJS.test(path) || isCommonJs(text)) return this.#require(path);
    const loader = extname(path).replace(/^\.[cm]?/, "");
    return {
      contents: this.#hooks.isOwn(path) ? this.#hooks.transform(urlOf(specifier), text) : text,
      loader,
    };
  }

  #see(path: string): Buffer | undefined {
    const bytes = readNow(path);
    if (!this.#hooks.isOwn(path)) return bytes;
    this.#hooks.seen(path, bytes === undefined ? null : contentHash(bytes));
    if (bytes !== undefined) this.#hooks.loaded(path);
    return bytes;
  }

  /** Sees the files that a script names and the plugin is not asked for. */
  #follow(path: string, text: string): void {
    const typed = new Set([...typedImports(text)].map(([specifier]) => specifier));
    for (const specifier of specifiersIn(text)) {
      const other = /^[./]/.test(specifier) ? resolved(specifier, path) : undefined;
      if (other === undefined || PACKAGE.test(other)) continue;
      if (SCRIPT.test(other) && !typed.has(specifier)) continue;
      if (SCRIPT.test(other)) this.#readPlainly(other);
      if (this.#others.has(other)) continue;
      this.#others.add(other);
      this.#see(other);
    }
  }

  #readPlainly(path: string): void {
    if (this.#plain.has(path)) return;
    this.#plain.add(path);
    Bun.plugin.clearAll();
    this.register();
  }

  /** Has Bun load CommonJS itself: of its text from a plugin, too, it makes an empty module. */
  #require(path: string): Loaded {
    this.#readPlainly(path);
    // Made by the `require` that the plugin is asked for.
    delete require.cache[path];
    const whole = require(path);
    const exports = { ...whole, default: whole?.__esModule ? whole.default : whole, "module.exports": whole };
    return { exports, loader: "object" };
  }
}

/** Bun remembers where links lead for as long as the process lives: those on the way to a file are followed here. */
function resolveLinks(
  { path: name, importer }: { path: string; importer: string },
): { path: string } | undefined {
  const [query = ""] = QUERY.exec(name) ?? [];
  const plain = name.slice(0, name.length - query.length);
  const path = plain.startsWith("file:")
    ? toPath(plain)
    : resolve(dirname(importer.replace(QUERY, "")), plain);
  const real = realPath(path);
  return real === undefined || real === path ? undefined : { path: real + query };
}

function realPath(path: string): string | undefined {
  try {
    return statSync(path).isFile() ? realpathSync(path) : undefined;
  } catch {
    return undefined;
  }
}

/** Bun names a module by its path and query. */
function urlOf(specifier: string): string {
  const [query = ""] = QUERY.exec(specifier) ?? [];
  return toUrl(specifier.slice(0, specifier.length - query.length)) + query;
}

/** The file that a specifier leads to; `undefined` when there is none. */
export function resolved(specifier: string, importer: string): string | undefined {
  try {
    return Bun.resolveSync(specifier, dirname(importer));
  } catch {
    return undefined;
  }
}
