/** From schemas to forms: pure logic of "Try it". */
import { assertEquals } from "@std/assert";
import { Draft } from "../../src/page/client/try/draft.ts";
import { type Field, fieldsOf, kindFor } from "../../src/page/client/try/fields.ts";
import { hashOf, keyOf } from "../../src/page/client/try/link.ts";
import { endpointsOf } from "../../src/page/client/try/openapi.ts";
import { openApi } from "../../src/gateway/openapi.ts";
import type { Backend } from "../../src/gateway/backend.ts";

/** The fields by name, each as its kind with a `!` when it is required. */
function kinds(fields: readonly Field[]): Record<string, string> {
  return Object.fromEntries(fields.map(({ name, kind, required }) => [name, kind + (required ? "!" : "")]));
}

Deno.test("fieldsOf() finds an input for each type", () => {
  const properties = {
    text: { type: "string" },
    maybe: { anyOf: [{ type: "string" }, { type: "null" }] },
    bytes: { type: "string", contentEncoding: "base64" },
    real: { type: "number", minimum: 0.5, maximum: 2 },
    whole: { type: "integer", maximum: Number.MAX_SAFE_INTEGER },
    yes: { type: "boolean" },
    kind: { enum: ["a", 1, null] },
    fixed: { const: "x" },
    either: { anyOf: [{ const: "p" }, { const: "q" }] },
    list: { type: "array", items: {} },
    object: { type: "object" },
    both: { anyOf: [{ type: "number" }, { type: "boolean" }] },
    any: {},
  };
  const fields = fieldsOf({ type: "object", properties, required: ["text", "fixed"] }, {});
  assertEquals(kinds(fields), {
    ...{ text: "text!", maybe: "text", bytes: "file", real: "number", whole: "number", yes: "boolean" },
    ...{ kind: "choice", fixed: "choice!", either: "choice", list: "json", object: "json" },
    ...{ both: "json", any: "json" },
  });
  const byName = new Map(fields.map((field) => [field.name, field]));
  assertEquals(byName.get("real")?.limits, { step: "any", min: 0.5, max: 2 });
  assertEquals(byName.get("real")?.hint, "≥ 0.5; ≤ 2");
  assertEquals(byName.get("whole")?.limits, { step: 1, min: undefined, max: undefined });
  assertEquals(byName.get("whole")?.hint, "whole number");
  assertEquals(byName.get("either")?.choices, ["p", "q"]);
  const initial = ["text", "real", "yes", "kind", "list", "object", "any"].map((name) =>
    byName.get(name)?.initial
  );
  assertEquals(initial, ["", 0.5, false, "a", [], {}, null]);
});

Deno.test("fieldsOf() follows references, joins parts, and has the fields of all alternatives", () => {
  const api = {
    components: {
      schemas: {
        Base: { properties: { id: { type: "string" } }, required: ["id"] },
        Loop: { allOf: [{ $ref: "#/components/schemas/Loop" }], properties: { own: { type: "boolean" } } },
      },
    },
  };
  const alternatives = {
    allOf: [{ $ref: "#/components/schemas/Base" }],
    oneOf: [
      { properties: { kind: { const: "circle" }, radius: { type: "number" } }, required: ["kind", "radius"] },
      { properties: { kind: { const: "square" }, side: { type: "number" } }, required: ["kind", "side"] },
    ],
  };
  const fields = fieldsOf(alternatives, api);
  assertEquals(kinds(fields), { id: "text!", kind: "choice!", radius: "number", side: "number" });
  assertEquals(fields[1]?.choices, ["circle", "square"]);
  assertEquals(kinds(fieldsOf({ $ref: "#/components/schemas/Loop" }, api)), { own: "boolean" });
  assertEquals(fieldsOf({ $ref: "#/components/schemas/None" }, api), []);
});

Deno.test("kindFor() edits a value that does not fit its field as JSON", () => {
  assertEquals(kindFor({ kind: "text", choices: [] }, null), "json");
  assertEquals(kindFor({ kind: "text", choices: [] }, "a"), "text");
  assertEquals(kindFor({ kind: "number", choices: [] }, "1"), "json");
  assertEquals(kindFor({ kind: "choice", choices: ["a"] }, "b"), "json");
});

Deno.test("endpointsOf() reads what the gateway writes: endpoints with and without schemas", () => {
  const input = { type: "object", properties: { n: { type: "number" } }, required: ["n"] };
  const endpoints = [
    { path: "/plain", method: "plain", summary: "does nothing" },
    { path: "/typed", method: "typed", input, parameters: { type: "object", properties: {} } },
  ];
  const backend = { endpoints, hasDefault: false, typed: ["/typed"] } as unknown as Backend;
  const found = endpointsOf(openApi(backend, []) as Record<string, unknown>);
  const [post, plain, typed] = ["POST /post", "POST /plain", "POST /typed"].map((key) =>
    found.find((one) => one.key === key)
  );
  assertEquals(post?.namesEndpoint, true);
  assertEquals([plain?.summary, plain?.own, plain?.parameters], ["does nothing", {}, undefined]);
  assertEquals(kinds(fieldsOf(plain?.document ?? {}, {})).blob, "file");
  assertEquals(Object.keys(typed?.own ?? {}), ["document", "parameters"]);
  assertEquals(kinds(fieldsOf(typed?.document ?? {}, {})), { id: "text", n: "number!" });
  const health = found.find(({ key }) => key === "GET /status");
  assertEquals([health?.hasDocuments, health?.example], [false, undefined]);
});

Deno.test("Draft keeps text and body in step", () => {
  const draft = new Draft({ data: [{ text: "a" }] });
  draft.set({ data: [{ text: "b" }] });
  assertEquals(JSON.parse(draft.text), { data: [{ text: "b" }] });
  assertEquals(draft.edited, true);
  draft.text = '{"data": [{"n": 1.0}]}';
  assertEquals(draft.body, { data: [{ n: 1 }] });
  assertEquals(draft.text, '{"data": [{"n": 1.0}]}', "a text that is only looked at stays as it was written");
  for (const text of ["{", "[]", '{"data": {"text": "alone"}}', '{"data": [1]}', '{"parameters": 1}']) {
    assertEquals(typeof Draft.of(text).body, "string", text);
  }
});

Deno.test("keyOf() understands links of this page and of the one at /docs", () => {
  for (const key of ["POST /foo", "POST /a%20b", "DELETE /delete", 'POST /%3Cimg%20src="x">']) {
    assertEquals(keyOf(hashOf(key)), key);
    assertEquals(keyOf(`#${encodeURIComponent(key)}`), key);
  }
  assertEquals(keyOf("#try=POST /foo"), "POST /foo");
  assertEquals(["", "#try", "#log", "#post"].map(keyOf), [undefined, undefined, undefined, undefined]);
});
