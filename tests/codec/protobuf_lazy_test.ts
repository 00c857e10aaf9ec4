/** The library of protobuf is loaded only where it is needed. */
import { assert, assertEquals } from "@std/assert";

const ROOT = new URL("../../", import.meta.url);

interface Module {
  readonly specifier: string;
  readonly dependencies?: readonly {
    readonly isDynamic?: boolean;
    readonly code?: { readonly specifier?: string };
  }[];
}

/** The modules that are loaded with an entry: dynamic imports are not followed. */
async function loadedWith(entry: string): Promise<string[]> {
  const { stdout } = await new Deno.Command(Deno.execPath(), {
    args: ["info", "--json", "--config", "deno.json", entry],
    cwd: ROOT,
    stderr: "null",
  }).output();
  const { modules } = JSON.parse(new TextDecoder().decode(stdout)) as { modules: Module[] };
  const bySpecifier = new Map(modules.map((module) => [module.specifier, module]));
  const loaded = new Set([new URL(entry, ROOT).href]);
  for (const specifier of loaded) {
    for (const { isDynamic, code } of bySpecifier.get(specifier)?.dependencies ?? []) {
      if (!isDynamic && code?.specifier !== undefined) loaded.add(code.specifier);
    }
  }
  return [...loaded];
}

for (const entry of ["mod.ts", "src/worker/entry.ts"]) {
  Deno.test(`${entry} loads no protobuf`, async () => {
    const loaded = await loadedWith(entry);
    assert(loaded.length > 50, String(loaded.length));
    assertEquals(loaded.filter((specifier) => /protobuf|@grpc/.test(specifier)), []);
  });
}
