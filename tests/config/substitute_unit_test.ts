import { assertEquals } from "@std/assert";
import { Diagnostics } from "../../src/config/diagnostics.ts";
import { substitute } from "../../src/config/substitute.ts";

Deno.test("substitute() gives a value that is nothing but an expression the kind of what it stands for", () => {
  const env: Record<string, string> = {
    PORT: "8080",
    ON: "true",
    ZIP: "01234",
    TEXT: "some text",
    EMPTY: "",
  };
  const root = {
    a: ["${{ ENV.PORT }}", "${{ENV.ON}}", "${{ env.ZIP }}", "${{ ENV.TEXT }}", "${{ ENV.EMPTY }}"],
    b: "http://${{ ENV.TEXT }}:${{ ENV.PORT }}/",
    c: "${{ root.a[0] }}",
    d: { deep: ["${{ root.a }}", "${{root.e}}"] },
    e: { f: null, g: 1.5 },
  };
  const before = structuredClone(root);
  const diagnostics = new Diagnostics();
  assertEquals(
    substitute(root, (name) => env[name], diagnostics),
    {
      a: [8080, true, "01234", "some text", ""],
      b: "http://some text:8080/",
      c: 8080,
      d: { deep: [[8080, true, "01234", "some text", ""], { f: null, g: 1.5 }] },
      e: { f: null, g: 1.5 },
    },
  );
  assertEquals(diagnostics.all, []);
  assertEquals(root, before);
});

Deno.test("substitute() reports each expression without a value once, where it is written", () => {
  const diagnostics = new Diagnostics();
  const root = { a: "${{ root.b }}", b: "${{ ENV.NONE }}", c: "${{ root.nope }}", d: ["${{ root.a"] };
  const { a, b, c } = substitute(root, () => undefined, diagnostics) as Record<string, unknown>;
  assertEquals([a, b, c], [undefined, undefined, undefined]);
  assertEquals(diagnostics.all.map(({ path }) => path), [["a"], ["b"], ["c"], ["d", 0]]);
  assertEquals(diagnostics.all[2].message, "there is no `root.nope`; this is ${{ root.nope }}");
});
