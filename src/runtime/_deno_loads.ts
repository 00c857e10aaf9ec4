/** How modules are loaded inside a worker on Deno. @module */
import { type LoadFnOutput, registerHooks } from "node:module";
import { contentHash } from "./content_hash.ts";
import { basename, toPath } from "../paths.ts";
import type { LoadHooks } from "./runtime.ts";
import { typedImports } from "../script/specifiers.ts";

const SCRIPT = /\.[cm]?[jt]sx?$/;
/**
 * Has Deno load a file as if there were no hook. What `nextLoad` gives is always a text, which Deno would compile as
 * JavaScript, be it JSON, an addon or WebAssembly; for a builtin it asks its own loader, which knows them all.
 */
const AS_USUAL = { format: "builtin", source: null, shortCircuit: true } as unknown as LoadFnOutput;

/** The names of the files that modules import as text or bytes. */
const typed = new Set<string>();

/**
 * Reports the files that are imported and required. There is no `resolve` hook: beside a `load` hook it spoils Deno's
 * message for an import that cannot be resolved.
 */
export function hookLoads(hooks: LoadHooks): void {
  registerHooks({
    load(url, context, nextLoad) {
      if (!url.startsWith("file:")) return nextLoad(url, context);
      const path = toPath(url);
      if (!hooks.isOwn(path)) return AS_USUAL;
      // Told before it is loaded: a broken or missing file is one to watch too; and a save in between makes it look
      // older than it is, and is loaded again.
      const hash = hashNow(path);
      hooks.seen(path, hash);
      if (hash !== null) hooks.loaded(path);
      if (context.conditions.includes("require")) return AS_USUAL;
      const { type } = context.importAttributes;
      if (!SCRIPT.test(path)) return loadOther(path, type) ?? nextLoad(url, context);
      // Deno asks once for a file that is imported in two ways at the same time, and gives both the same answer.
      if (type !== undefined || typed.has(basename(path))) return AS_USUAL;
      const loaded = nextLoad(url, context);
      if (typeof loaded.source !== "string") return loaded;
      for (const [specifier] of typedImports(loaded.source)) typed.add(basename(specifier));
      const source = hooks.transform(url, loaded.source);
      return source === loaded.source ? loaded : { ...loaded, source };
    },
  });
}

/** A text is given as it is now: Deno's own loader may have read it before its hash was taken. */
function loadOther(path: string, type: string | undefined): LoadFnOutput | undefined {
  if (type === "json") return undefined;
  const source = type === "text" ? readText(path) : undefined;
  return source === undefined ? AS_USUAL : { format: "text", source, shortCircuit: true };
}

/** Deno gives the JavaScript it made of a file, not what was in it: the file is read once more. */
function hashNow(path: string): string | null {
  return orUndefined(() => contentHash(Deno.readFileSync(path))) ?? null;
}

/** A file's text; `undefined` when it cannot be read. */
export function readText(path: string): string | undefined {
  return orUndefined(() => Deno.readTextFileSync(path));
}

function orUndefined<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}
