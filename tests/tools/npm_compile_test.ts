import { assert, assertEquals, assertMatch } from "@std/assert";
import { walk } from "@std/fs/walk";
import { compileModule } from "../../tools/npm/compile.ts";
import type { Vendor } from "../../tools/npm/vendor.ts";

const SOURCES = new URL("../../src", import.meta.url);

function compiled(text: string): string {
  return compileModule("src/a.ts", text, { place: (specifier: string) => specifier } as unknown as Vendor);
}

Deno.test("compileModule() keeps a class that names itself in its static fields and private methods", async () => {
  const code = compiled(`export class Part {
    static readonly #known = new Map<string, Part>();
    static readonly none = new Part("none");
    readonly #name: string;
    private constructor(name: string) {
      this.#name = name;
    }
    static of(name: string): Part {
      Part.#known.set(name, new Part(name));
      return Part.#known.get(name) ?? Part.none;
    }
    #orNone(): Part { return this.#name === "" ? Part.none : this; }
    get name(): string { return this.#orNone().#name; }
  }`);
  const { Part } = await import(`data:text/javascript,${encodeURIComponent(code)}`);
  assertEquals([Part.of("a").name, Part.of("").name], ["a", "none"]);
});

Deno.test("compileModule() only takes types and comments off: no module gets variables of the compiler's", async () => {
  let count = 0;
  for await (const { path } of walk(SOURCES, { exts: ["ts"], includeDirs: false })) {
    const code = compiled(await Deno.readTextFile(path));
    assert(!/^\s*(?:var|let) _[a-z]\b|\b__\w+(?:Helper|decorate|classPrivate)/m.test(code), path);
    count++;
  }
  assert(count > 100);
  assertMatch(compiled("/** Doc. */\nexport const a: number = 1;"), /^export const a = 1;\s*$/);
});
