import { assert, assertEquals, assertThrows } from "@std/assert";
import { Executor, requests } from "../../mod.ts";
import { registry } from "../../src/executor/registry.ts";
import { sourceOf } from "../../src/executor/source.ts";
import { PACKAGE } from "../support/flow_fixture.ts";
import { TempFolder } from "../support/temp_folder.ts";
import { toUrl } from "../../src/paths.ts";

Deno.test("sourceOf() finds the module from the bare decorator and from the called one", () => {
  class Bare extends Executor {
    @requests
    foo() {}
  }
  class Called extends Executor {
    @requests({ on: "/a" })
    foo() {}
  }
  assertEquals([sourceOf(Bare), sourceOf(Called)], [import.meta.url, import.meta.url]);
});

Deno.test("sourceOf() finds the module that a class is imported from, not the one that asks", async () => {
  await using folder = await TempFolder.make();
  const path = await folder.write("mine.ts", decorated("Imported"));
  const { Imported } = await import(toUrl(path));
  assertEquals(sourceOf(Imported), toUrl(path));
});

for (const name of ["a folder/é.ts", "copy (2)/mine.ts", "c#/mine.ts", "100%/mine.ts", "what?/mine.ts"]) {
  Deno.test(`sourceOf() finds the module when its file is ${name}`, async () => {
    await using folder = await TempFolder.make();
    const path = await folder.write(name, decorated("Odd"));
    const { Odd } = await import(toUrl(path));
    assertEquals(sourceOf(Odd), toUrl(path));
  });
}

Deno.test("sourceOf() believes static source, without a version query, as text or URL", () => {
  class Stated extends Executor {
    static readonly source = "file:///app/my_executor.js?v=7";
  }
  class AsUrl extends Executor {
    static readonly source = new URL("file:///app/b.js");
  }
  assertEquals([sourceOf(Stated), sourceOf(AsUrl)], ["file:///app/my_executor.js", "file:///app/b.js"]);
});

Deno.test("sourceOf() takes paths, such as __filename, as well as URLs", () => {
  const said = (source: unknown) => {
    class Stated extends Executor {
      static readonly source = source as string;
    }
    return sourceOf(Stated);
  };
  assertEquals(said("/app/a folder/c#/ex.cjs"), "file:///app/a%20folder/c%23/ex.cjs");
  assertEquals(said("file:///app/a%20b.js?v=1#x"), "file:///app/a%20b.js");
  assertEquals(said("https://example.com/a.js?x=1"), "https://example.com/a.js?x=1");
  for (const source of ["./ex.cjs", "ex.cjs", "", 5, null]) {
    const { message } = assertThrows(() => said(source), TypeError);
    assert(message.startsWith(`Cannot use ${source} as the \`source\` of the Executor Stated`), message);
    assert(message.endsWith("such as import.meta.url or __filename"), message);
  }
});

Deno.test("sourceOf() prefers static source to where the decorators stand", () => {
  class Both extends Executor {
    static readonly source = "file:///app/b.ts";
    @requests
    foo() {}
  }
  assertEquals(sourceOf(Both), "file:///app/b.ts");
});

Deno.test("sourceOf() throws, and says what to write, when a class has neither of its own", () => {
  class Above extends Executor {
    static readonly source: string = import.meta.url;
    @requests
    foo() {}
  }
  class Below extends Above {}
  const error = assertThrows(() => sourceOf(Below), TypeError);
  assert(error.message.startsWith("Cannot find the module of the Executor Below"));
  assert(error.message.includes("static readonly source = import.meta.url"));
  assert(error.message.includes('"./my_executor.ts#Below"'));
});

Deno.test("a decorated class registers its name and its module when it is defined", () => {
  class RegisteredByItself extends Executor {
    @requests
    foo() {}
  }
  assert(registry.names.includes(RegisteredByItself.name));
  assert(registry.isAt("RegisteredByItself", import.meta.url));
  assertEquals(registry.candidates("RegisteredByItself")[0], import.meta.url);
});

Deno.test("registry keeps the module of the class that was defined last under a name", async () => {
  await using folder = await TempFolder.make();
  const urls = ["first.ts", "second.ts"].map((name) => toUrl(folder.at(name)));
  await folder.write("first.ts", decorated("SameName"));
  await folder.write("second.ts", decorated("SameName"));
  for (const url of urls) await import(url);
  assertEquals(registry.candidates("SameName")[0], urls[1]);
  assertEquals(registry.isAt("SameName", urls[0]), false);
});

function decorated(name: string): string {
  return `import { Executor, requests } from ${JSON.stringify(PACKAGE)};
export class ${name} extends Executor {
  @requests({ on: "/a" })
  foo() {}
}
`;
}
