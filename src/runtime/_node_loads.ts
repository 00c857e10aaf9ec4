/** The hooks for loaded modules inside a worker on Node. @module */
import { Buffer } from "node:buffer";
import { enableCompileCache, type LoadFnOutput, registerHooks } from "node:module";
import { readNow } from "./_node_thread.ts";
import { orUndefinedSync } from "./_or_undefined.ts";
import { contentHash } from "./content_hash.ts";
import type { LoadHooks } from "./runtime.ts";

/** Whether a compiler replaces the text of files. */
let isCompiled = false;

/** See `WorkerRuntime.hookLoads`. */
export function hookLoads(hooks: LoadHooks): void {
  // The next worker finds scripts compiled, and free of types: to remove them takes half a millisecond a file.
  enableCompileCache();
  registerHooks({
    resolve(specifier, context, nextResolve) {
      const resolved = nextResolve(specifier, context);
      const { parentURL: importer, conditions } = context;
      if (importer === undefined) return resolved;
      const isRequired = [...conditions].includes("require");
      const url = hooks.resolve(resolved.url, importer, isRequired ? undefined : specifier);
      return url === resolved.url ? resolved : { ...resolved, url };
    },
    load(url, context, nextLoad) {
      const isRequired = [...context.conditions ?? []].includes("require");
      const file = url.startsWith("file:") ? hooks.open(url, isRequired) : undefined;
      if (file === undefined) return nextLoad(url, context);
      // The loaded bytes are the file itself, which is read only once.
      const first = isCompiled ? undefined : orUndefinedSync(() => nextLoad(url, context));
      isCompiled ||= isModule(first) && typeof first?.source === "string";
      const isRead = Buffer.isBuffer(first?.source);
      // Otherwise reported before the load: a broken or missing file has to be watched too; and a file that is saved in
      // between is reported with the older hash, and loaded again.
      const content = isRead ? first.source as Buffer : readNow(file.path);
      const hash = content === undefined ? null : contentHash(content);
      const restored = file.begin(hash, content);
      const loaded = isRead ? first : nextLoad(url, context);
      file.end();
      if (restored !== undefined) return withContent(loaded, restored, file.path, content && decode(content));
      if (!file.isTransformed || !loaded.source || !isModule(loaded)) return loaded;
      const source = typeof loaded.source === "string" ? loaded.source : decode(loaded.source);
      const transformed = hooks.transform(url, source, content && decode(content));
      return transformed === source ? loaded : { ...loaded, source: transformed };
    },
  });
}

function isModule(loaded: LoadFnOutput | undefined): boolean {
  return /^module/.test(loaded?.format ?? "");
}

/** A file with another content than the one on disk, which only works when no compiler has replaced that. */
function withContent(loaded: LoadFnOutput, content: Uint8Array, path: string, text?: string): LoadFnOutput {
  if (Buffer.isBuffer(loaded.source)) return { ...loaded, source: content };
  // What is required is loaded as text.
  if (text !== undefined && loaded.source === text) return { ...loaded, source: decode(content) };
  throw new Error(`Cannot load the former content of ${path}: its format is ${loaded.format}`);
}

function decode(bytes: NodeJS.ArrayBufferView | ArrayBuffer): string {
  return new TextDecoder().decode(bytes);
}
