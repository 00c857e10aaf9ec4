/**
 * `deno task proto`: writes the descriptors in `src/grpc/gen/` from the .proto files, by Buf and protobuf-es, which npx
 * gets. A test compares them with the files. Reflection describes the first generation, whose names the second one has
 * too: only the first is written.
 */
import { join } from "node:path";
import { runDeno } from "./run_deno.ts";

/** Where the descriptors are. */
const OUT = "src/grpc/gen";
const PACKAGES = ["@bufbuild/buf@1.75.0", "@bufbuild/protoc-gen-es@2.17.0"];
/** The folders that imports in .proto files start from, and the part of one that is compiled. */
const INPUTS = [["proto/v1"], ["proto", "--path", "proto/grpc"]];
const TEMPLATE = JSON.stringify({
  version: "v2",
  plugins: [{ local: "protoc-gen-es", out: OUT, opt: ["target=ts", "import_extension=ts"] }],
});

async function write(root: string): Promise<number> {
  await Deno.remove(join(root, OUT), { recursive: true }).catch(() => {});
  const packages = PACKAGES.flatMap((name) => ["-p", name]);
  for (const input of INPUTS) {
    const args = ["-y", ...packages, "buf", "generate", ...input, "--template", TEMPLATE];
    const { code } = await new Deno.Command("npx", { args, cwd: root }).spawn().status;
    if (code !== 0) return code;
  }
  return await runDeno(["fmt", "-q", OUT], { cwd: root });
}

if (import.meta.main) Deno.exit(await write(join(import.meta.dirname ?? ".", "..")));
