/** The hooks for loaded modules inside a worker on Node. @module */
import { Buffer } from "node:buffer";
import { type LoadFnOutput, registerHooks } from "node:module";
import { readNow } from "./_node_thread.ts";
import { contentHash } from "./content_hash.ts";
import type { LoadHooks } from "./runtime.ts";

/** See `WorkerRuntime.hookLoads`. */
export function hookLoads(hooks: LoadHooks): void {
  registerHooks({
    resolve(specifier, context, nextResolve) {
      const resolved = nextResolve(specifier, context);
      const { parentURL: importer, conditions } = context;
      if (importer === undefined) return resolved;
      const url = hooks.resolve(resolved.url, importer, [...conditions].includes("require"));
      return url === resolved.url ? resolved : { ...resolved, url };
    },
    load(url, context, nextLoad) {
      if (!url.startsWith("file:")) return nextLoad(url, context);
      const file = hooks.open(url);
      if (file === undefined) return nextLoad(url, context);
      // Reported before the load: a broken or missing file has to be watched too; and a file that is saved in between
      // is reported with the older hash, and loaded again.
      const content = readNow(file.path);
      const hash = content === undefined ? null : contentHash(content);
      const restored = file.begin(hash, content);
      const loaded = nextLoad(url, context);
      if (restored !== undefined) {
        file.end();
        return withContent(loaded, restored, file.path);
      }
      // Unless a compiler has replaced the text, the loaded source is the file itself.
      file.end(Buffer.isBuffer(loaded.source) ? contentHash(loaded.source) : undefined);
      if (!file.isTransformed) return loaded;
      if (!loaded.source || !/^module/.test(loaded.format ?? "")) return loaded;
      const source = typeof loaded.source === "string" ? loaded.source : decode(loaded.source);
      const transformed = hooks.transform(url, source, content && decode(content));
      return transformed === source ? loaded : { ...loaded, source: transformed };
    },
  });
}

/** A file with another content than the one on disk, which only works when no compiler has replaced that. */
function withContent(loaded: LoadFnOutput, content: Uint8Array, path: string): LoadFnOutput {
  if (Buffer.isBuffer(loaded.source)) return { ...loaded, source: content };
  throw new Error(`Cannot load the former content of ${path}: its format is ${loaded.format}`);
}

function decode(bytes: NodeJS.ArrayBufferView | ArrayBuffer): string {
  return new TextDecoder().decode(bytes);
}
