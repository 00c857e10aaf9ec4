/** The hooks for loaded modules inside a worker on Node. @module */
import { Buffer } from "node:buffer";
import { registerHooks } from "node:module";
import { toPath } from "../paths.ts";
import { readNow } from "./_node_thread.ts";
import { contentHash } from "./content_hash.ts";
import type { LoadHooks } from "./runtime.ts";

/** See `WorkerRuntime.hookLoads`. */
export function hookLoads(hooks: LoadHooks): void {
  registerHooks({
    load(url, context, nextLoad) {
      if (!url.startsWith("file:")) return nextLoad(url, context);
      const path = toPath(url);
      if (!hooks.isOwn(path)) return nextLoad(url, context);
      // Reported before the load: a broken or missing file has to be watched too; and a file that is saved in between
      // is reported with the older hash, and loaded again.
      const bytes = readNow(path);
      hooks.seen(path, bytes === undefined ? null : contentHash(bytes));
      const loaded = nextLoad(url, context);
      // Unless a compiler has replaced the text, the loaded source is the file itself.
      hooks.loaded(path, Buffer.isBuffer(loaded.source) ? contentHash(loaded.source) : undefined);
      if (!loaded.source || !/^module/.test(loaded.format ?? "")) return loaded;
      const source = typeof loaded.source === "string" ? loaded.source : decode(loaded.source);
      const transformed = hooks.transform(url, source, bytes && decode(bytes));
      return transformed === source ? loaded : { ...loaded, source: transformed };
    },
  });
}

function decode(bytes: NodeJS.ArrayBufferView | ArrayBuffer): string {
  return new TextDecoder().decode(bytes);
}
