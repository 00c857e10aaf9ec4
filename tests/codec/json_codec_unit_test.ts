import { assertEquals, assertThrows } from "@std/assert";
import { codecOf } from "../../src/codec/codecs.ts";
import { jsonCodec } from "../../src/codec/json_codec.ts";
import { InvalidRequestError } from "../../src/errors/mod.ts";
import type { Call } from "../../src/protocol/protocol.ts";

function decode(call: Partial<Call<string>>) {
  const { docs, ...rest } = jsonCodec.decodeRequest({ body: "", requestId: "r", ...call });
  return { texts: docs.map(({ text }) => text), ...rest };
}

Deno.test("jsonCodec decodes a body as Jina's clients send it", () => {
  const nothing = {
    texts: [],
    endpoint: "/",
    target: "",
    parameters: {},
    encodedParameters: undefined,
    requestId: "r",
  };
  for (const body of ["", " ", "{}", "[]", '{"data":null,"parameters":{}}']) {
    assertEquals(decode({ body }), nothing);
  }
  const parameters = { a: 1 };
  const full = {
    texts: ["x"],
    endpoint: "/foo",
    target: "a",
    parameters,
    encodedParameters: '{"a":1}',
    requestId: "own",
  };
  for (
    const body of [
      {
        data: [{ text: "x" }],
        execEndpoint: "/foo",
        targetExecutor: "a",
        header: { requestId: "own" },
        parameters,
      },
      {
        data: { docs: [{ text: "x" }] },
        exec_endpoint: "/foo",
        target_executor: "a",
        header: { request_id: "own" },
        parameters,
      },
    ]
  ) assertEquals(decode({ body: JSON.stringify(body) }), full);
  assertEquals(decode({ body: '{"execEndpoint":"/foo"}', endpoint: "/bar" }).endpoint, "/bar");
});

Deno.test("jsonCodec decodes documents that were passed on, and merges branches", () => {
  const envelope = { endpoint: "/foo", target: "a", parameters: '{"a":1}' };
  const passed = decode({ body: '[{"id":"1","text":"x"}]', envelope });
  assertEquals([passed.texts, passed.endpoint, passed.target, passed.parameters], [["x"], "/foo", "a", {
    a: 1,
  }]);
  const branches = ['[{"id":"1","text":"y"}]', '[{"id":"1","text":"x","uri":"u"}]'];
  const { docs } = jsonCodec.decodeRequest({
    body: '[{"id":"1","text":"x"}]',
    branches,
    envelope,
    requestId: "r",
  });
  assertEquals([docs[0].text, docs[0].uri], ["y", "u"]);
});

Deno.test("jsonCodec names every invalid field of a request", () => {
  const body = JSON.stringify({ data: [{ text: {} }], execEndpoint: null, parameters: [] });
  const { issues } = assertThrows(() => decode({ body }), InvalidRequestError);
  assertEquals(issues.map(({ loc }) => loc.join(".")), [
    "body.parameters",
    "body.data.0.text",
    "body.execEndpoint",
  ]);
  const broken = assertThrows(() => decode({ body: '{"data": [}' }), InvalidRequestError);
  assertEquals(broken.issues[0].ctx, { msg: "Unexpected token '}'", pos: 10, lineno: 1, colno: 11 });
});

Deno.test("jsonCodec encodes documents together and one by one alike", () => {
  const docs = [{ id: "1", text: "x" }, { id: "2", tags: { a: 1 } }];
  const joined = jsonCodec.joinDocuments(docs.map((doc, index) => jsonCodec.encodeDocument(doc, index)));
  assertEquals(joined, jsonCodec.encodeDocuments(docs));
  assertEquals(jsonCodec.joinDocuments([]), jsonCodec.encodeDocuments([]));
  assertThrows(() => jsonCodec.encodeDocument({ tags: 1 }, 3), TypeError, "docs[3].tags");
  assertEquals(jsonCodec.encodeResult({ n: 1 }), '{"n":1}');
  assertThrows(() => jsonCodec.encodeResult({ n: NaN }), TypeError, "result.n");
});

Deno.test("codecOf() finds codecs by name, JSON by default", () => {
  assertEquals([codecOf(), codecOf("json")], [jsonCodec, jsonCodec]);
  assertThrows(() => codecOf("xml"), TypeError, 'unknown codec "xml", expected json');
});
