import { assert, assertEquals } from "@std/assert";

const CHECKOUT = new URL("../..", import.meta.url).pathname;

interface Module {
  readonly specifier: string;
  readonly dependencies?: readonly {
    readonly isDynamic?: boolean;
    readonly code?: { readonly specifier: string };
  }[];
}

/** The URLs of the modules that are loaded with one; `all`: and of those that Deno resolves for literal dynamic imports. */
async function loadedWith(path: string, all = false): Promise<string[]> {
  const { stdout } = await new Deno.Command(Deno.execPath(), {
    args: ["info", "--json", "--config", `${CHECKOUT}deno.json`, `${CHECKOUT}${path}`],
    stderr: "null",
  }).output();
  const { modules, roots } = JSON.parse(new TextDecoder().decode(stdout));
  const byUrl = new Map((modules as Module[]).map((module) => [module.specifier, module]));
  const found = new Set<string>(roots);
  for (const url of found) {
    for (const { isDynamic, code } of byUrl.get(url)?.dependencies ?? []) {
      if ((all || !isDynamic) && code !== undefined) found.add(code.specifier);
    }
  }
  return [...found];
}

Deno.test("neither a Flow without gRPC nor a worker loads gRPC or protobuf at its start", async () => {
  for (const path of ["mod.ts", "src/cli/main.ts", "src/worker/entry.ts", "src/flow/flow_server.ts"]) {
    const loaded = await loadedWith(path);
    assert(loaded.length > 10, `${path}: ${loaded}`);
    assertEquals(loaded.filter((url) => /@grpc|@bufbuild|\/src\/(?:grpc|protobuf)\//.test(url)), [], path);
  }
  assert((await loadedWith("src/grpc/grpc_front.ts")).some((url) => url.includes("@grpc/grpc-js")));
});

Deno.test("Deno does not resolve gRPC's packages at the start of a Flow, of a worker or of the command line", async () => {
  for (const path of ["mod.ts", "src/cli/main.ts", "src/worker/entry.ts"]) {
    const resolved = await loadedWith(path, true);
    assert(resolved.length > (await loadedWith(path)).length, `${path}: ${resolved}`);
    assertEquals(resolved.filter((url) => /@grpc|\/src\/grpc\//.test(url)), [], path);
  }
});

Deno.test("grpc.ts names all modules through which a Flow and a Client load gRPC", async () => {
  const loaded = await loadedWith("grpc.ts");
  for (
    const path of ["src/grpc/grpc_front.ts", "src/client/_grpc_transport.ts", "src/remote/remote_link.ts"]
  ) {
    assert(loaded.some((url) => url.endsWith(path)), `${loaded}`);
  }
});
