/** JSON Schemas of schemas, and where they are shown. */
import { Validator } from "@seriousme/openapi-schema-validator";
import { Ajv2020 } from "ajv/dist/2020.js";
import { assert, assertEquals } from "@std/assert";
import { type } from "arktype";
import * as v from "valibot";
import { z } from "zod";
import type { StandardSchema } from "../../mod.ts";
import { jsonSchemaOf } from "../../src/executor/json_schema.ts";
import { Served } from "../flow/_serve.ts";
import { PACKAGE } from "../support/flow_fixture.ts";
import { TempFolder } from "../support/temp_folder.ts";
import { Odd, OwnIds } from "./_odd.ts";
import { FITTING, MISFITS, Refs } from "./_refs.ts";
import { Arktype, Last, Untyped, Valibot, Zod } from "./_executors.ts";

// deno-lint-ignore no-explicit-any -- JSON as it came
type Json = any;

async function apiOf(served: Served): Promise<Json> {
  return await (await fetch(served.at("/openapi.json"))).json();
}

/** What a document of a request contains, by OpenAPI. */
function documentIn(api: Json, path: string): Json {
  return api.paths[path].post.requestBody.content["application/json"].schema.properties?.data.items;
}

/** What a document of an answer contains, by OpenAPI. */
function answerIn(api: Json, path: string): Json {
  return api.paths[path].post.responses[200].content?.["application/json"].schema.properties.data.items;
}

/** What does not fit the schemas at a place of OpenAPI, according to ajv. */
function checksOf(api: Json): (way: string, value: unknown) => unknown {
  const ajv = new Ajv2020({ strict: false, validateFormats: false }).addSchema(api, "api");
  return (way, value) => {
    const fits = ajv.compile({ $ref: `api#/paths/${way}/content/application~1json/schema` });
    return fits(value) ? [] : fits.errors;
  };
}

const SCHEMAS = {
  zod: z.object({ n: z.number() }),
  valibot: v.object({ n: v.number() }),
  arktype: type({ n: "number" }),
};

for (const [library, schema] of Object.entries(SCHEMAS)) {
  Deno.test(`jsonSchemaOf() converts a schema of ${library}`, async () => {
    for (const side of ["input", "output"] as const) {
      const json = await jsonSchemaOf(schema, side);
      const { n } = json.properties as { n: unknown };
      assertEquals([json.type, n, json.required, json.$schema], [
        "object",
        { type: "number" },
        ["n"],
        undefined,
      ]);
    }
  });
}

Deno.test("jsonSchemaOf() gives {} for what cannot be expressed", async () => {
  const transformed = z.string().transform((text) => text.length);
  assertEquals(await jsonSchemaOf(transformed, "output"), {});
  assertEquals(await jsonSchemaOf(transformed, "input"), { type: "string" });
  const validate = (value: unknown) => ({ value });
  assertEquals(await jsonSchemaOf({ "~standard": { version: 1, vendor: "own", validate } }, "input"), {});
  const breaks = {
    "~standard": { version: 1, vendor: "own", validate },
    toJSONSchema: () => assert(false),
  } as const;
  assertEquals(await jsonSchemaOf(breaks, "input"), {});
});

Deno.test("jsonSchemaOf() gives {} for the parts of a schema that cannot be expressed", async () => {
  const number = { type: "number" };
  const of = async (schema: StandardSchema, side: "input" | "output") =>
    (await jsonSchemaOf(schema, side)).properties;
  const inZod = z.object({ n: z.number(), t: z.string().transform(Number), at: z.date() });
  assertEquals(await of(inZod, "input"), { n: number, t: { type: "string" }, at: {} });
  assertEquals(await of(inZod, "output"), { n: number, t: {}, at: {} });
  const inValibot = v.object({
    n: v.pipe(v.number(), v.check((n) => n > 1)),
    t: v.pipe(v.string(), v.transform(Number)),
    at: v.date(),
  });
  assertEquals(await of(inValibot, "input"), { n: number, t: { type: "string" }, at: {} });
  assertEquals(await of(inValibot, "output"), { n: number, t: {}, at: {} });
  const inArktype = type({ n: "number", t: "string.numeric.parse", at: "Date" });
  assertEquals(await of(inArktype, "output"), { n: number, t: number, at: {} });
});

Deno.test("jsonSchemaOf() does not wait for a conversion that never ends", async () => {
  const validate = (value: unknown) => ({ value });
  const never = {
    "~standard": { version: 1, vendor: "own", validate },
    toJSONSchema: () => new Promise(() => {}),
  };
  assertEquals(await jsonSchemaOf(never as StandardSchema, "input"), {});
});

Deno.test("GET /openapi.json shows the schemas of endpoints", async () => {
  await using served = await Served.start({ uses: Zod });
  const api = await apiOf(served);
  const request = api.paths["/see"].post.requestBody.content["application/json"].schema;
  assertEquals(request.properties.data.items.properties.price, { type: "number" });
  assertEquals(Object.keys(request.properties.data.items.properties)[0], "id");
  const answer = api.paths["/out"].post.responses[200].content["application/json"].schema;
  assertEquals(answer.properties.data.items.required, ["label", "score"]);
  const { parameters } =
    api.paths["/parameters"].post.requestBody.content["application/json"].schema.properties;
  assertEquals(parameters.properties.k.default, 3);
});

for (const uses of [Zod, Valibot, Arktype, Odd, OwnIds, Refs]) {
  Deno.test(`GET /openapi.json has examples that endpoints with schemas of ${uses.name} take`, async () => {
    await using served = await Served.start({ uses });
    const api = await apiOf(served);
    assertEquals(await new Validator().validate(structuredClone(api)), { valid: true });
    const misfits = checksOf(api);
    for (
      const path of Object.keys(uses.requests).filter((path) =>
        path in api.paths && "post" in api.paths[path]
      )
    ) {
      // Its library cannot express what it takes, or no object fits.
      const input = documentIn(api, path);
      if (input?.type === "array" || JSON.stringify(input) === "{}") continue;
      const { post } = api.paths[path];
      const { example } = post.requestBody.content["application/json"];
      const way = path.replaceAll("/", "~1");
      assertEquals(misfits(`${way}/post/requestBody`, example), [], path);
      const { status, body } = await served.post(path, example);
      assertEquals(status === 422, false, `${path} ${JSON.stringify([example, body.detail])}`);
      if (status !== 200 || post.responses[200].content === undefined) continue;
      assertEquals(misfits(`${way}/post/responses/200`, body), [], `${path} ${JSON.stringify(body.data)}`);
    }
  });
}

Deno.test("GET /openapi.json shows the schemas of a default handler for the paths that it answers", async () => {
  await using served = await Served.start({ uses: Odd });
  const api = await apiOf(served);
  assertEquals(documentIn(api, "/").required, ["fallback"]);
  assertEquals(documentIn(api, "/search").required, ["fallback"]);
  const { example } = api.paths["/post"].post.requestBody.content["application/json"];
  assertEquals(example, { data: [{ fallback: "hello" }], parameters: {}, execEndpoint: "/" });
  assertEquals((await served.post("/post", example)).status, 200);
});

for (const [name, fitting] of Object.entries(FITTING)) {
  Deno.test(`GET /openapi.json and the Flow take the same documents, with ids at the top only: ${name}`, async () => {
    await using served = await Served.start({ uses: Refs });
    const misfits = checksOf(await apiOf(served));
    const post = async (data: object[]) => {
      const { status, body } = await served.post(`/${name}`, { data });
      return { status, body, problems: misfits(`~1${name}/post/requestBody`, { data }) };
    };
    for (const data of [fitting.map((doc, id) => ({ ...doc, id: `${id}` })), [...fitting]]) {
      const { status, body, problems } = await post(data);
      assertEquals([status, problems], [200, []], JSON.stringify(body.detail));
      assertEquals(misfits(`~1${name}/post/responses/200`, body), [], JSON.stringify(body.data));
    }
    const misfit = MISFITS[name as keyof typeof MISFITS];
    if (misfit === undefined) return;
    const { status, problems } = await post([misfit]);
    assertEquals([status, (problems as object[]).length > 0], [422, true]);
  });
}

Deno.test("GET /openapi.json tells whether a request needs a body", async () => {
  await using served = await Served.start({ uses: Refs });
  const { paths } = await apiOf(served);
  const isNeeded = (path: string) => paths[path].post.requestBody.required;
  assertEquals([isNeeded("/needed"), isNeeded("/tree")], [true, false]);
  assertEquals((await served.post("/needed", {})).status, 422);
  assertEquals((await served.post("/tree", {})).status, 200);
});

Deno.test("GET /openapi.json shows the id of documents in unions and records", async () => {
  await using served = await Served.start({ uses: Zod });
  const { oneOf, anyOf } = documentIn(await apiOf(served), "/shape");
  for (const { properties } of oneOf ?? anyOf) assert("id" in properties);
});

Deno.test("GET /openapi.json shows what the first Executor takes, and what the last one answers with", async () => {
  await using typedFirst = await Served.start([{ uses: Zod }, { uses: Last }]);
  const api = await apiOf(typedFirst);
  assertEquals(documentIn(api, "/see").required, ["title", "price"]);
  await using untypedFirst = await Served.start([{ uses: Untyped }, { uses: Last }]);
  assertEquals(documentIn(await apiOf(untypedFirst), "/see"), undefined);
});

Deno.test("GET /openapi.json follows each reload that changes a schema, and no conversion fails a load", async () => {
  const source = (schemas: string) =>
    `import { Executor } from ${JSON.stringify(PACKAGE)};
import { z } from "zod";
const own = { version: 1, vendor: "own", validate: (value) => ({ value }) };
export class Mine extends Executor {
  static requests = { "/a": { method: "see", ${schemas} } };
  see() {}
}
`;
  await using folder = await TempFolder.make();
  const uses = await folder.write("mine.ts", source("input: z.object({ n: z.number() })"));
  await using served = await Served.start({ uses, reload: true });
  assertEquals(documentIn(await apiOf(served), "/a").properties.n, { type: "number" });
  let version = 1;
  const saved = async (schemas: string) => {
    const mark = served.log.mark;
    await folder.write("mine.ts", source(schemas));
    await served.log.waitFor(new RegExp(`version ${++version} serves`), mark);
    return await apiOf(served);
  };
  const other = await saved("input: z.object({ n: z.string() }), output: z.object({ m: z.boolean() })");
  assertEquals(documentIn(other, "/a").properties.n, { type: "string" });
  assertEquals(answerIn(other, "/a").properties.m, { type: "boolean" });
  const transformed = await saved("output: z.object({ m: z.number().transform(String) })");
  assertEquals(documentIn(transformed, "/a"), undefined);
  assertEquals(answerIn(transformed, "/a").properties.m, {});
  const throwing = await saved('input: { "~standard": own, toJSONSchema() { throw new Error("no") } }');
  assertEquals(documentIn(throwing, "/a"), {});
  const circular = await saved(
    'input: { "~standard": own, toJSONSchema() { const a = {}; a.a = a; return a; } }',
  );
  assertEquals(documentIn(circular, "/a"), {});
  const getter = await saved('input: { "~standard": own, get toJSONSchema() { throw new Error("no") } }');
  assertEquals(documentIn(getter, "/a"), {});
  const standard = await saved(
    'input: { "~standard": { ...own, get jsonSchema() { throw new Error("no") } } }',
  );
  assertEquals(documentIn(standard, "/a"), {});
  const plain = await saved('input: { "~standard": own, toJSONSchema: () => ({ n: 1n }) }');
  assertEquals(documentIn(plain, "/a"), {});
  assertEquals(answerIn(await saved(""), "/a"), undefined);
});
