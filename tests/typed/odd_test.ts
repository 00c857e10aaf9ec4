/** Schemas that are unusual, or misbehave. */
import { assertEquals, assertMatch } from "@std/assert";
import { PACKAGE } from "../support/flow_fixture.ts";
import { Latch } from "../support/latch.ts";
import { TempFolder } from "../support/temp_folder.ts";
import { Served } from "../flow/_serve.ts";
import { Adds, Broken, Needs, Odd, OwnIds } from "./_odd.ts";

const JSON_BODY = { "content-type": "application/json" };

/** The documents of the answer, or else where and why there is none. */
async function asked(served: Served, path: string, data: unknown, parameters = {}) {
  const { status, body } = await served.post(path, typeof data === "string" ? data : { data, parameters });
  if (status === 200) return body.data;
  return body.detail?.map(({ loc }: { loc: string[] }) => loc.join(".")) ?? body.header.status.description;
}

Deno.test("Flow validates documents by recursive schemas, records, and optional or null fields", async () => {
  await using served = await Served.start({ uses: Odd });
  const nested = { id: "a", name: "x", kids: [{ name: "y", kids: [{ name: "z" }] }] };
  assertEquals(await asked(served, "/tree", [nested]), [nested]);
  assertEquals(await asked(served, "/tree", [{ name: "x", kids: [{ name: "y", kids: [{}] }] }]), [
    "body.data.0.kids.0.kids.0.name",
  ]);
  assertEquals(await asked(served, "/record", [{ id: "a", x: 1 }]), [{ id: "a", x: 1 }]);
  assertEquals(await asked(served, "/record", [{ id: "a", x: "1" }]), ["body.data.0.x"]);
  assertEquals(await asked(served, "/optional", [{ id: "a", b: null }]), [{ id: "a", b: null }]);
  assertEquals(await asked(served, "/optional", [{ a: null, b: null }]), ["body.data.0.a"]);
  assertEquals(await asked(served, "/array", [{ id: "a" }, ["a"]]), ["body.data.1"]);
  assertEquals(await asked(served, "/array", [{ id: "a" }]), ["body.data.0"]);
  assertEquals(await asked(served, "/inherited", [{ id: "a", x: 1 }]), [{ id: "a", x: 1 }]);
  assertEquals(await asked(served, "/overridden", [{ id: "a", x: 1 }]), ["body.data.0.x"]);
});

Deno.test("Flow keeps a key __proto__ as data, and no prototype is changed", async () => {
  await using served = await Served.start({ uses: Odd });
  const body = '{"data": [{"id": "a", "__proto__": {"polluted": 1}, "constructor": 7}]}';
  const response = await fetch(served.at("/loose"), { method: "POST", headers: JSON_BODY, body });
  assertMatch(await response.text(), /"data":\[\{"id":"a","__proto__":\{"polluted":1\},"constructor":7\}\]/);
});

Deno.test("Flow names the index of a misfit among many documents", async () => {
  await using served = await Served.start({ uses: Odd });
  const many = Array.from({ length: 1000 }, (_, x) => x === 999 ? { x: "no" } : { x });
  assertEquals(await asked(served, "/inherited", many), ["body.data.999.x"]);
});

Deno.test("Flow names at most 100 misfits, and how many more there are", async () => {
  await using served = await Served.start({ uses: Odd });
  const wrong = Array.from({ length: 1000 }, () => ({}));
  const detailOf = async (path: string, data: unknown) => (await served.post(path, { data })).body.detail;
  const rest = { loc: ["body"], msg: "900 more values do not fit", type: "value_error" };
  const detail = await detailOf("/inherited", wrong);
  assertEquals([detail.length, detail[99].loc, detail[100]], [101, ["body", "data", 99, "x"], rest]);
  const untyped = await detailOf("/documents", wrong.map(() => 5));
  assertEquals([untyped.length, untyped[100]], [101, rest]);
  assertEquals((await detailOf("/inherited", wrong.slice(0, 101))).at(-1).msg, "1 more value does not fit");
  assertEquals((await detailOf("/inherited", wrong.slice(0, 100))).length, 100);
});

Deno.test("Flow refuses objects without fields as documents of a handler with a schema", async () => {
  await using served = await Served.start({ uses: Odd });
  const names = {
    promise: "a Promise; use await Promise.all()",
    date: "a Date",
    map: "a Map",
    error: "an Error",
    bytes: "a Uint8Array",
    url: "a URL",
    getter: "an object",
  };
  for (const path of ["/made", "/made-batched", "/yielded"]) {
    for (const [kind, name] of Object.entries(names)) {
      const reason = await asked(served, path, [{ kind }]);
      assertMatch(
        String(reason),
        new RegExp(`docs\\[0\\].*: expected a document, not ${RegExp.escape(name)}`),
        path,
      );
    }
  }
});

Deno.test("Flow refuses what a schema makes of a document when it is no object with fields", async () => {
  await using served = await Served.start({ uses: Odd });
  const expected =
    "TypeError: Cannot use the schema of the input of see(): expected it to give an object with fields, not ";
  assertEquals(await asked(served, "/promised", [{}]), `${expected}a Promise`);
  assertEquals(await asked(served, "/text", [{}]), `${expected}"5"`);
});

Deno.test("Flow names the place of parameters that are for one Executor", async () => {
  await using served = await Served.start({ uses: Odd, name: "first" });
  const misfits = (parameters: object) => asked(served, "/settings", [{}], parameters);
  assertEquals(await misfits({ k: 5 }), ["body.parameters.k"]);
  assertEquals(await misfits({ k: "1", first: { k: 5 } }), ["body.parameters.first.k"]);
  assertEquals(await misfits({ k: "1", first: { k: "1" }, first__k: 5 }), ["body.parameters.first__k"]);
  assertEquals(await misfits({ k: 5, first: { at: "2030-01-01" } }), ["body.parameters.k"]);
});

Deno.test("Flow validates the documents of the default endpoint by its schema", async () => {
  await using served = await Served.start({ uses: Odd });
  const post = (data: unknown) => asked(served, "/post", JSON.stringify({ data, execEndpoint: "/other" }));
  assertEquals(await post([{ id: "a", fallback: "x", more: 1 }]), [{ id: "a", fallback: "x" }]);
  assertEquals(await post([{ id: "a" }]), ["body.data.0.fallback"]);
});

Deno.test("Flow sends dates and instances of classes, and refuses what JSON cannot hold with its place", async () => {
  await using served = await Served.start({ uses: Odd });
  const at = "2030-01-01T00:00:00.000Z";
  assertEquals(await asked(served, "/date", [{ id: "a", at: "2030-01-01" }]), [{ id: "a", at }]);
  assertEquals(await asked(served, "/date", [{ at: "no date" }]), ["body.data.0.at"]);
  assertEquals(await asked(served, "/instance", [{ id: "a" }]), [{ id: "a", size: 5 }]);
  assertEquals(await asked(served, "/frozen", [{ id: "a" }]), [{ id: "a", size: 5 }]);
  const [{ id, name }] = await asked(served, "/stringified", [{}]);
  assertEquals([id.length, name], [32, "a"]);
  assertEquals(await asked(served, "/documents", [{ id: "a", text: "b" }]), [
    { id: "a", text: "b", embedding: [1, 2] },
  ]);
  assertMatch(await asked(served, "/bigint", [{ n: "5" }]), /docs\[0\]\.n: expected .* not the BigInt 5/);
  assertMatch(await asked(served, "/nan", [{}]), /docs\[0\]\.n: expected a finite number, not NaN/);
  assertMatch(await asked(served, "/map", [{}]), /docs\[0\]\.m: .* not a Map/);
});

Deno.test("Flow validates the documents of the request when a handler with output returns a result", async () => {
  await using served = await Served.start({ uses: Odd });
  assertMatch(await asked(served, "/result", [{}]), /result\(\) answers.*docs\[0\]\.n: /);
  const { body } = await served.post("/result", { data: [] });
  assertEquals(body.parameters.__results__, { "executor0/rep-0": { n: 1 } });
});

Deno.test("Flow gives handlers the parameters that a schema makes, and sends them on as they came", async () => {
  await using served = await Served.start([{ uses: Odd, name: "first" }, { uses: Odd, name: "second" }]);
  const { body } = await served.post("/settings", { parameters: { at: "2030-01-01", first: { k: "7" } } });
  const seen = { k: "number", at: "[object Date]" };
  assertEquals(body.parameters, {
    at: "2030-01-01",
    first: { k: "7" },
    __results__: { "first/rep-0": seen, "second/rep-0": seen },
  });
});

Deno.test("Flow validates a document with its id when the schema has an id of its own", async () => {
  await using served = await Served.start({ uses: OwnIds });
  for (const path of ["/zod", "/strict", "/valibot", "/arktype", "/union"]) {
    assertEquals(await asked(served, path, [{ id: "own", a: 1 }]), [{ id: "own", a: 1 }], path);
  }
  assertEquals(await asked(served, "/union", [{ id: "a", b: 1 }]), [{ id: "a", b: 1 }]);
  assertEquals((await asked(served, "/zod", [{ a: 1 }]))[0].id.length, 32);
  assertEquals(await asked(served, "/strict", [{ id: "a", a: 1 }]), ["body.data.0.id"]);
  assertEquals(await asked(served, "/strict", [{ id: "own", a: "x" }]), ["body.data.0.a"]);
  assertEquals(await asked(served, "/union", [{ id: "a", c: 1 }]), ["body.data.0"]);
  assertEquals(await asked(served, "/output", [{ id: "own" }]), [{ id: "own" }]);
  assertMatch(await asked(served, "/output", [{ id: "a" }]), /docs\[0\]\.id: /);
});

Deno.test("Flow answers with 500 what a schema throws, and goes on", async () => {
  await using served = await Served.start({ uses: Broken });
  for (const path of ["/throws", "/rejects", "/output", "/parameters"]) {
    assertEquals(await asked(served, path, [{}]), "Error: kaputt", path);
  }
  assertMatch(await asked(served, "/nothing", [{}]), /TypeError: Cannot use a schema/);
  assertEquals(await asked(served, "/thenable", [{ id: "a" }]), [{ id: "a" }]);
  assertEquals(await asked(served, "/no-reason", [{}]), ["body.data.0"]);
  assertEquals(await asked(served, "/paths", [{}]), ["body.data.0", "body.data.0.a.Symbol(s).3"]);
});

Deno.test("Flow gives up a request whose client is gone while it is validated, and reloads meanwhile", async () => {
  const source = (validate: string) =>
    `import { Executor } from ${JSON.stringify(PACKAGE)};
const input = { "~standard": { version: 1, vendor: "own", validate: ${validate} } };
export class Mine extends Executor {
  static requests = { "/a": { method: "see", input } };
  see() {}
}
`;
  await using folder = await TempFolder.make();
  await using latch = new Latch();
  const uses = await folder.write("mine.ts", source(`() => fetch("${latch.url}")`));
  await using served = await Served.start({ uses, reload: true });
  const gone = new AbortController();
  const body = '{"data": [{}]}';
  const pending = fetch(served.at("/a"), { method: "POST", headers: JSON_BODY, body, signal: gone.signal })
    .catch(() => "gone");
  await latch.reached();
  gone.abort();
  assertEquals(await pending, "gone");
  await folder.write("mine.ts", source("(value) => ({ value })"));
  await served.log.waitFor(/version 2 serves/);
  assertEquals(await asked(served, "/a", [{ id: "a", n: 1 }]), [{ id: "a", n: 1 }]);
});

Deno.test("Flow validates by the schemas of each Executor of a chain", async () => {
  await using served = await Served.start([{ uses: Adds }, { uses: Needs }]);
  assertEquals(await asked(served, "/chain", [{ id: "x", a: 1 }]), [{ id: "x", a: 1, b: 2, c: "2" }]);
  assertEquals(await asked(served, "/chain", [{ a: "1" }]), ["body.data.0.a"]);
  assertEquals(await asked(served, "/chain", [{ a: 10 }]), ["body.data.0.b"]);
});

Deno.test("Flow merges the fields that branches with schemas add", async () => {
  await using served = await Served.start(
    [],
    {},
    (flow) =>
      flow.add({ name: "first", uses: Adds }).add({ name: "left", uses: Needs })
        .add({ name: "right", uses: Adds, needs: "first" }).needsAll(),
  );
  assertEquals(await asked(served, "/chain", [{ id: "x", a: 1 }, { id: "y", a: 2 }]), [
    { id: "x", a: 1, b: 2, c: "2" },
    { id: "y", a: 2, b: 3, c: "3" },
  ]);
});
