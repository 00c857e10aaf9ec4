/** Schemas that are unions, or refer to parts of themselves. */
import { type } from "arktype";
import * as v from "valibot";
import { z } from "zod";
import { Executor, type RequestBindings } from "../../mod.ts";

const inner = z.strictObject({ n: z.number() }).meta({ id: "Inner" });
const outer = z.strictObject({ inner, list: z.array(inner) }).meta({ id: "Outer" });
const tree = z.strictObject({
  name: z.string(),
  get kids() {
    return z.array(tree).optional();
  },
});
const union = z.union([z.strictObject({ a: z.number() }), z.strictObject({ b: z.string() })]);
const node = type.module({ node: { name: "string", "kids?": "node[]", "+": "reject" } }).node;
interface Nested {
  name: string;
  kids?: Nested[];
}
const lazy: v.GenericSchema<Nested> = v.strictObject({
  name: v.string(),
  kids: v.optional(v.array(v.lazy(() => lazy))),
});

const SCHEMAS = {
  outer,
  tree,
  union,
  named: z.union([outer, inner]),
  both: z.intersection(z.strictObject({ a: z.number() }), z.looseObject({ b: z.string().optional() })),
  keys: z.partialRecord(z.enum(["a", "b"]), z.number()),
  open: z.record(z.string().min(1), z.any()),
  node,
  lazy,
};

/** Documents that the schema of an endpoint takes, without their ids. */
export const FITTING: Readonly<Record<keyof typeof SCHEMAS, readonly object[]>> = {
  outer: [{ inner: { n: 1 }, list: [{ n: 2 }] }],
  tree: [{ name: "a", kids: [{ name: "b", kids: [] }] }],
  union: [{ a: 1 }, { b: "1" }],
  named: [{ n: 1 }, { inner: { n: 1 }, list: [] }],
  both: [{ a: 1 }],
  keys: [{ a: 1 }],
  open: [{ a: 1 }],
  node: [{ name: "a", kids: [{ name: "b" }] }],
  lazy: [{ name: "a", kids: [{ name: "b" }] }],
};

/** Documents that it does not take: nested objects have no id. */
export const MISFITS: Readonly<Partial<Record<keyof typeof SCHEMAS, object>>> = {
  outer: { inner: { n: 1, id: "x" }, list: [] },
  tree: { name: "a", kids: [{ name: "b", id: "x" }] },
  union: { a: 1, c: 2 },
  named: { inner: { n: 1, id: "x" }, list: [] },
  keys: { c: 1 },
  node: { name: "a", kids: [{ name: "b", id: "x" }] },
  lazy: { name: "a", kids: [{ name: "b", kids: [{ name: "c", id: "x" }] }] },
};

/** An endpoint for each schema. */
export class Refs extends Executor {
  static readonly source = import.meta.url;
  static requests: RequestBindings = {
    "/needed": { method: "see", parameters: z.object({ k: z.number() }) },
    ...Object.fromEntries(
      Object.entries(SCHEMAS).map(([name, schema]) => [
        `/${name}`,
        { method: "see", input: schema, output: schema },
      ]),
    ),
  };
  see() {}
}
