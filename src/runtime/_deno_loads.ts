/** The hooks for loaded modules inside a worker on Deno. @module */
import { isBuiltin, type LoadFnOutput, type LoadHookContext, registerHooks } from "node:module";
import { contentHash } from "./content_hash.ts";
import { extname, isSourceModule, toUrl } from "../paths.ts";
import { orUndefinedSync } from "./_or_undefined.ts";
import type { LoadHooks } from "./runtime.ts";

const VERSIONED = /[?&]v=\d+$/;
/** Matches the URL of a module that is imported to learn why it is broken: no version has such a number. */
const CHECK = /\?v=0\d+$/;
/** Matches specifiers that are not names: relative and absolute paths, and URLs. */
const PATH_OR_URL = /^(?:\.{0,2}\/|[a-z][a-z+.-]+:)/i;
/**
 * Loads a file as without a hook. The result of `nextLoad` is always a text, which Deno would compile as JavaScript, even
 * JSON, an addon or WebAssembly; for the format "builtin", Deno uses its own loader, which supports all of them.
 */
const DEFAULT_LOAD = { format: "builtin", source: null, shortCircuit: true } as unknown as LoadFnOutput;

type NextLoad = (url: string, context?: Partial<LoadHookContext>) => LoadFnOutput;

/** When this worker was started, in milliseconds since 1970, less what the clock of a file system may lag behind. */
const startedAt = Date.now() - 20;
/** Names that are not mapped to anything, by the URLs that Deno makes of them. */
const unmapped = new Map<string, string>();

/** See `WorkerRuntime.hookLoads`. */
export function hookLoads(hooks: LoadHooks): void {
  registerHooks({
    resolve(specifier, context, nextResolve) {
      const resolved = nextResolve(specifier, context);
      const { parentURL: importer, importAttributes, conditions } = context;
      const { url } = resolved;
      if (importer === undefined) return resolved;
      if (specifier.startsWith("node:") && !isBuiltin(specifier)) {
        throw new TypeError(`No such built-in module: ${specifier}`);
      }
      if (!isPathOrUrl(specifier) && url === new URL(specifier, importer).href) {
        // A mapped name leads from everywhere to the same URL, which may be the one that a path would lead to.
        const parentURL = new URL("./_/_", importer).href;
        if (nextResolve(specifier, { ...context, parentURL }).url !== url) {
          unmapped.set(url, specifier);
          return resolved;
        }
      }
      const isRequired = conditions.includes("require");
      const wanted = distinct(url, importAttributes?.type);
      const chosen = hooks.resolve(wanted, importer, isRequired ? undefined : specifier);
      return chosen === url ? resolved : { ...resolved, url: chosen };
    },
    load: (url, context, nextLoad) => load(hooks, url, context, nextLoad),
  });
}

function load(hooks: LoadHooks, url: string, context: LoadHookContext, nextLoad: NextLoad): LoadFnOutput {
  if (!url.startsWith("file:") || unmapped.has(url)) return nextLoad(url, context);
  if (CHECK.test(url)) return DEFAULT_LOAD;
  const isRequired = context.conditions.includes("require");
  const file = hooks.open(url, isRequired);
  if (file === undefined) return DEFAULT_LOAD;
  const { path, isTransformed } = file;
  // Reported before the load: a broken or missing file has to be watched too; and a file that is saved in between is
  // reported with the older hash, and loaded again.
  const content = readBytes(path);
  const hash = content === undefined ? null : contentHash(content);
  const restored = file.begin(hash, content);
  if ((restored ?? content) !== undefined) file.end();
  if (restored !== undefined) return loadRestored(path, restored, context, nextLoad);
  const { type } = context.importAttributes;
  if (isRequired) return DEFAULT_LOAD;
  if (!isSourceModule(path) || type !== undefined) return loadOther(content, type) ?? nextLoad(url, context);
  // A text from a hook costs half a millisecond.
  if (!isTransformed && isPrepared(url, path)) return DEFAULT_LOAD;
  const loaded = nextLoad(url, context);
  if (typeof loaded.source !== "string") return loaded;
  const source = isTransformed ? hooks.transform(url, loaded.source) : loaded.source;
  return source === loaded.source ? loaded : { ...loaded, source };
}

/**
 * The URL of a script that is imported as text or bytes: Deno calls the load hook once for a URL, and uses the result for
 * all imports of it.
 */
function distinct(url: string, type: string | undefined): string {
  const isData = type === "text" || type === "bytes";
  return isData && isSourceModule(new URL(url).pathname)
    ? `${url}${url.includes("?") ? "&" : "?"}${type}`
    : url;
}

/**
 * Whether Deno has compiled a module before the hook is called, from the content that it has now: all those that are
 * imported by their own URLs, also dynamically.
 */
function isPrepared(url: string, path: string): boolean {
  const { mtime, ctime } = orUndefinedSync(() => Deno.statSync(path)) ?? {};
  // Deno gives the time of a move in whole seconds.
  const changedAt = Math.max(mtime?.getTime() ?? 0, (ctime?.getTime() ?? 0) + 999);
  return !VERSIONED.test(url) && changedAt < startedAt;
}

/** Returns the hashed content of a text: Deno's own loader may have read another one. */
function loadOther(content: Uint8Array | undefined, type: string | undefined): LoadFnOutput | undefined {
  if (type === "json") return undefined;
  if (type !== "text" || content === undefined) return DEFAULT_LOAD;
  return { format: "text", source: new TextDecoder().decode(content), shortCircuit: true };
}

/** Has Deno compile a content that is no longer on disk: it compiles files only. */
function loadRestored(
  path: string,
  content: Uint8Array,
  context: LoadHookContext,
  nextLoad: NextLoad,
): LoadFnOutput {
  const folder = Deno.makeTempDirSync();
  try {
    const file = `${folder}/restored${extname(path)}`;
    Deno.writeFileSync(file, content);
    return { ...nextLoad(toUrl(file), context), shortCircuit: true };
  } finally {
    Deno.removeSync(folder, { recursive: true });
  }
}

/** The name that Deno has made a URL of, since it is not mapped to anything; `undefined` for other URLs. */
export function unmappedName(url: string): string | undefined {
  return unmapped.get(url);
}

/** Whether a specifier is a path or a URL, not a name. */
export function isPathOrUrl(specifier: string): boolean {
  return PATH_OR_URL.test(specifier);
}

/** A file's bytes; `undefined` when it cannot be read. */
export function readBytes(path: string): Uint8Array | undefined {
  return orUndefinedSync(() => Deno.readFileSync(path));
}

/** A file's text; `undefined` when it cannot be read. */
export function readText(path: string): string | undefined {
  return orUndefinedSync(() => Deno.readTextFileSync(path));
}
