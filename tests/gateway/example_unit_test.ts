/** Examples of values for JSON Schemas: each fits its schema. */
import { Ajv2020 } from "ajv/dist/2020.js";
import { assertEquals } from "@std/assert";
import { z } from "zod";
import { exampleOf } from "../../src/gateway/_example.ts";

const tree = z.object({
  name: z.string(),
  get kids() {
    return z.array(tree).optional();
  },
});
const chain = z.object({
  get next(): z.ZodNullable<typeof chain> {
    return chain.nullable();
  },
});

const SCHEMAS: Record<string, z.ZodType> = {
  object: z.object({ title: z.string(), price: z.number(), more: z.string().optional() }),
  strict: z.strictObject({ a: z.literal("x"), b: z.enum(["p", "q"]), c: z.boolean(), d: z.null() }),
  texts: z.object({
    mail: z.email(),
    id: z.uuid(),
    at: z.iso.datetime(),
    day: z.iso.date(),
    page: z.url(),
    ip: z.ipv4(),
    short: z.string().max(3),
    long: z.string().min(20).max(22),
    code: z.string().regex(/^[A-Z]{3}-\d+$/),
    raw: z.base64(),
  }),
  numbers: z.object({
    a: z.number().min(5),
    b: z.number().gt(0).lt(1),
    c: z.int().min(3),
    d: z.number().max(-2),
    e: z.number().multipleOf(0.25).min(7),
    f: z.int().positive().max(1),
  }),
  lists: z.object({
    any: z.array(z.string()),
    vector: z.array(z.number()).length(8),
    pair: z.tuple([z.string(), z.number()]),
  }),
  union: z.union([z.object({ a: z.number() }), z.object({ b: z.string() })]),
  discriminated: z.discriminatedUnion("kind", [
    z.object({ kind: z.literal("circle"), radius: z.number() }),
    z.object({ kind: z.literal("square"), side: z.number() }),
  ]),
  intersection: z.intersection(z.object({ a: z.number() }), z.object({ b: z.string() })),
  nullable: z.object({ a: z.string().nullable(), b: z.union([z.int(), z.string()]) }),
  record: z.record(z.string(), z.number()),
  tree,
  chain,
  defaults: z.object({ a: z.number().default(7), b: z.object({ c: z.string() }) }),
  any: z.object({ a: z.any(), b: z.unknown() }),
};

for (const [name, schema] of Object.entries(SCHEMAS)) {
  Deno.test(`exampleOf() gives a value that fits: ${name}`, () => {
    const json = z.toJSONSchema(schema, { io: "input", unrepresentable: "any" });
    const example = exampleOf(json);
    const result = schema.safeParse(example);
    assertEquals(result.error?.issues, undefined, JSON.stringify(example));
    const { $schema: _, ...rest } = json;
    const fits = new Ajv2020({ strict: false, validateFormats: false }).compile(rest);
    assertEquals([fits(example), fits.errors], [true, null]);
  });
}

Deno.test("exampleOf() ends where a schema has to contain itself, and where it says nothing", () => {
  assertEquals(
    typeof exampleOf({ type: "object", properties: { a: { $ref: "#" } }, required: ["a"] }),
    "object",
  );
  assertEquals(exampleOf({ $ref: "#/nowhere" }), 1);
  assertEquals(exampleOf({}), 1);
  assertEquals(exampleOf(true), 1);
});
