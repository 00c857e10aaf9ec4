/** JSON Schemas of schemas, and where they are shown. */
import { assert, assertEquals } from "@std/assert";
import { type } from "arktype";
import * as v from "valibot";
import { z } from "zod";
import { jsonSchemaOf } from "../../src/executor/json_schema.ts";
import { Served } from "../flow/_serve.ts";
import { Zod } from "./_executors.ts";

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

Deno.test("GET /openapi.json shows the schemas of endpoints", async () => {
  await using served = await Served.start({ uses: Zod });
  const api = await (await fetch(served.at("/openapi.json"))).json();
  const request = api.paths["/see"].post.requestBody.content["application/json"].schema;
  assertEquals(request.properties.data.items.properties.price, { type: "number" });
  assertEquals(Object.keys(request.properties.data.items.properties)[0], "id");
  const answer = api.paths["/out"].post.responses[200].content["application/json"].schema;
  assertEquals(answer.properties.data.items.required, ["label", "score"]);
  const { parameters } =
    api.paths["/parameters"].post.requestBody.content["application/json"].schema.properties;
  assertEquals(parameters.properties.k.default, 3);
});
