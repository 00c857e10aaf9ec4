import { dirname, join } from "node:path";

/** A folder with these files that is gone at the end of its scope. */
export async function temporaryFolder(
  files: Readonly<Record<string, string>> = {},
): Promise<AsyncDisposable & { readonly path: string }> {
  // Its real path: on some systems the temporary folder is a link.
  const path = await Deno.realPath(await Deno.makeTempDir({ prefix: "hotflow-tools-" }));
  for (const [name, text] of Object.entries(files)) {
    await Deno.mkdir(join(path, dirname(name)), { recursive: true });
    await Deno.writeTextFile(join(path, name), text);
  }
  return { path, [Symbol.asyncDispose]: () => Deno.remove(path, { recursive: true }) };
}
