/** The hooks for loaded modules inside a worker on Deno. @module */
import { type LoadFnOutput, registerHooks } from "node:module";
import { contentHash } from "./content_hash.ts";
import { basename, toPath } from "../paths.ts";
import { orUndefinedSync } from "./_or_undefined.ts";
import type { LoadHooks } from "./runtime.ts";
import { typedImports } from "../script/specifiers.ts";

const SCRIPT = /\.[cm]?[jt]sx?$/;
/**
 * Loads a file as without a hook. The result of `nextLoad` is always a text, which Deno would compile as JavaScript, even
 * JSON, an addon or WebAssembly; for the format "builtin", Deno uses its own loader, which supports all of them.
 */
const DEFAULT_LOAD = { format: "builtin", source: null, shortCircuit: true } as unknown as LoadFnOutput;

/** The names of the files that are imported as text or bytes. */
const typed = new Set<string>();

/**
 * See `WorkerRuntime.hookLoads`. There is no `resolve` hook: together with a `load` hook, it changes Deno's message for
 * an import that cannot be resolved.
 */
export function hookLoads(hooks: LoadHooks): void {
  registerHooks({
    load(url, context, nextLoad) {
      if (!url.startsWith("file:")) return nextLoad(url, context);
      const path = toPath(url);
      if (!hooks.isOwn(path)) return DEFAULT_LOAD;
      // Reported before the load: a broken or missing file has to be watched too; and a file that is saved in between
      // is reported with the older hash, and loaded again. The hook receives only the compiled JavaScript.
      const hash = orUndefinedSync(() => contentHash(Deno.readFileSync(path))) ?? null;
      hooks.seen(path, hash);
      if (hash !== null) hooks.loaded(path);
      if (context.conditions.includes("require")) return DEFAULT_LOAD;
      const { type } = context.importAttributes;
      if (!SCRIPT.test(path)) return loadOther(path, type) ?? nextLoad(url, context);
      // Deno calls the hook once for a file that is imported in two ways, and uses the result for both.
      if (type !== undefined || typed.has(basename(path))) return DEFAULT_LOAD;
      const loaded = nextLoad(url, context);
      if (typeof loaded.source !== "string") return loaded;
      for (const [specifier] of typedImports(loaded.source)) typed.add(basename(specifier));
      const source = hooks.transform(url, loaded.source);
      return source === loaded.source ? loaded : { ...loaded, source };
    },
  });
}

/** Returns the current content of a text: Deno's own loader may have read the file before its hash was computed. */
function loadOther(path: string, type: string | undefined): LoadFnOutput | undefined {
  if (type === "json") return undefined;
  const source = type === "text" ? readText(path) : undefined;
  return source === undefined ? DEFAULT_LOAD : { format: "text", source, shortCircuit: true };
}

/** A file's text; `undefined` when it cannot be read. */
export function readText(path: string): string | undefined {
  return orUndefinedSync(() => Deno.readTextFileSync(path));
}
