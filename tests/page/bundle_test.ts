import { assert, assertEquals } from "@std/assert";
import { join } from "node:path";
import { SCRIPT, STYLE } from "../../src/page/_bundle.ts";
import { BUNDLE, bundlePage } from "../../tools/write_page.ts";

const root = join(import.meta.dirname ?? ".", "../..");

Deno.test("The bundle can stand in a document", () => {
  assertEquals(/<\/script|<!--/i.test(SCRIPT), false);
  assertEquals(/<\/style/i.test(STYLE), false);
});

Deno.test("src/page/_bundle.ts is made of src/page/client; otherwise run `deno task page`", async () => {
  const written = await Deno.readTextFile(join(root, BUNDLE));
  assertEquals(written === await bundlePage(root), true);
  assert(written.length < 150_000, `${written.length} bytes`);
});
