/** What JSON would lose without a word is refused with its place, by handlers, by toJSON() and by our client alike. */
import { assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { Buffer } from "node:buffer";
import { Document, DocumentArray, InvalidRequestError } from "../../mod.ts";
import { encodeDocuments, encodeLossless } from "../../src/document/encode.ts";
import { checkJson, toJson } from "../../src/document/json_value.ts";

class Point {
  x = 1;
}
class Level extends Point {
  toJSON() {
    return "level";
  }
}
const self: unknown[] = [];
self.push({ self });
const inherited = Object.create({ a: 1 });

/** Values that JSON would turn into another one, or into nothing, by what is said of them. */
const LOST: readonly (readonly [value: unknown, said: string])[] = [
  [NaN, "expected a finite number, not NaN"],
  [Infinity, "expected a finite number, not Infinity"],
  [-Infinity, "expected a finite number, not -Infinity"],
  [10n, "not the BigInt 10; write it as a string"],
  [() => {}, "not a function"],
  [Symbol("s"), "not Symbol(s)"],
  [new Map([["a", 1]]), "not a Map; convert it with Object.fromEntries()"],
  [new Set([1]), "not a Set; convert it with Array.from()"],
  [Float32Array.of(1), "not a Float32Array; convert it with Array.from()"],
  [Uint8Array.of(1), "not a Uint8Array; convert it with Array.from()"],
  [new ArrayBuffer(1), "not an ArrayBuffer"],
  [new Error("e"), "not an Error"],
  [new RangeError("e"), "not a RangeError"],
  [/x/, "not a RegExp"],
  [Promise.resolve(1), "not a Promise; await it first"],
  [new Point(), "not a Point"],
  [new Level(), "not a Level; send the result of its toJSON()"],
  [new URL("http://a/"), "not a URL; send the result of its toJSON()"],
  [new Number(5), "not a Number"],
  [new WeakMap(), "not a WeakMap"],
  [Object.assign([1], { toJSON: () => NaN }), "not an Array; convert it with Array.from()"],
  [new DocumentArray(), "not a DocumentArray; convert it with Array.from()"],
  [Object.assign(new Date(0), { toJSON: () => NaN }), "not a Date; send the result of its toJSON()"],
  [new Date(NaN), "expected a valid Date, not an invalid Date"],
  [new Document(), "not a Document; send the result of its toJSON()"],
  [inherited, "not an object with another prototype"],
  [(function* () {})(), "not an object with another prototype; convert it with Array.from()"],
];

const ways = {
  "encodeDocuments()": encodeDocuments,
  "the client": encodeLossless,
  "DocumentArray.toJSON()": (docs: unknown[]) => DocumentArray.from(docs as Document[]).toJSON(),
};

for (const [way, write] of Object.entries(ways)) {
  Deno.test(`${way} refuses what JSON would lose in tags, and names its place`, () => {
    for (const [value, said] of LOST) {
      const places: [tags: unknown, place: string][] = [
        [{ m: value }, "docs[1].tags.m"],
        [{ list: [0, { deep: value }] }, "docs[1].tags.list[1].deep"],
        [{ "two words": { "": value } }, 'docs[1].tags["two words"][""]'],
        [{ größe: [value] }, "docs[1].tags.größe[0]"],
      ];
      for (const [tags, place] of places) {
        const docs = [new Document(), new Document({ tags: tags as Record<string, unknown> })];
        const { message } = assertThrows(() => write(docs), TypeError);
        assertStringIncludes(message, `Cannot send ${place}: `);
        assertStringIncludes(message, said);
      }
    }
  });

  Deno.test(`${way} refuses undefined and holes in an array, and takes a key that is undefined as not set`, () => {
    for (const list of [[1, undefined], [1, , 2], Array(2)]) {
      const at = list[0] === 1 ? 1 : 0;
      const said = `Cannot send docs[0].tags.list[${at}]: `;
      assertStringIncludes(assertThrows(() => write([{ tags: { list } }]), TypeError).message, said);
    }
    assertEquals(
      JSON.stringify(write([{ id: "a", tags: { gone: undefined, x: 1 } }])),
      '[{"id":"a","tags":{"x":1}}]',
    );
  });

  Deno.test(`${way} refuses a value that contains itself, and takes one that is there twice`, () => {
    const said = (tags: object) => assertThrows(() => write([{ tags }]), TypeError).message;
    const cycle: Record<string, unknown> = {};
    cycle.b = { c: [cycle] };
    const message = ": expected a value that does not contain itself, not one that does";
    assertEquals(said({ a: cycle }), `Cannot send docs[0].tags.a.b.c[0]${message}`);
    assertEquals(said({ self }), `Cannot send docs[0].tags.self[0].self${message}`);
    const doc = new Document({ id: "a" });
    doc.chunks.push(new Document({ matches: [doc] }));
    assertEquals(
      assertThrows(() => write([doc]), TypeError).message,
      `Cannot send docs[0].chunks[0].matches[0]${message}`,
    );
    const twice = { x: 1 };
    const json = write([{ id: "a", tags: { a: twice, b: [twice, twice] } }, { id: "a", tags: { twice } }]);
    assertEquals(JSON.stringify(json[0].tags), '{"a":{"x":1},"b":[{"x":1},{"x":1}]}');
  });

  Deno.test(`${way} refuses numbers that JSON has not, in every field, and objects that are no fields`, () => {
    const fields: Record<string, readonly [value: unknown, place: string, said: string][]> = {
      weight: [[NaN, "", "a finite number"], [-Infinity, "", "a finite number"]],
      offset: [[Infinity, "", "a finite number"]],
      location: [[[1, NaN], "", "an array of finite numbers"], [[[1]], "", "an array of finite numbers"]],
      embedding: [[[1, NaN], "", "an array of finite numbers"], [Float32Array.of(Infinity), "", "an array"]],
      tensor: [[[[1], [-Infinity]], "", "an array of finite numbers"], [new Map([[1, 2]]), "", "an array"]],
      blob: [[new ArrayBuffer(1), "", "a Uint8Array"], ["AP8=", "", "a Uint8Array"]],
      scores: [
        [{ cos: { value: NaN } }, ".cos.value", "expected a finite number, not NaN"],
        [new Map([["cos", { value: 1 }]]), "", "expected scores by name, not a Map"],
      ],
      evaluations: [[{ "a b": { value: Infinity } }, '["a b"].value', "a finite number"]],
      tags: [
        [new Date(0), "", "expected a plain object, not a Date"],
        [new Map([["a", 1]]), "", "not a Map"],
        [new Error("e"), "", "not an Error"],
        [
          new Point(),
          "",
          "a Point",
        ],
      ],
      chunks: [
        [[{ weight: NaN }], "[0].weight", "a finite number"],
        [[Promise.resolve({})], "[0]", "expected a Document, not a Promise"],
      ],
      matches: [[[{ tags: { a: [NaN] } }], "[0].tags.a[0]", "a finite number"]],
    };
    for (const [field, values] of Object.entries(fields)) {
      for (const [value, place, said] of values) {
        const docs = [Object.assign(new Document(), { [field]: value })];
        const { message } = assertThrows(() => write(docs), TypeError);
        assertStringIncludes(message, `Cannot send docs[0].${field}${place}: `);
        assertStringIncludes(message, said);
      }
    }
  });
}

Deno.test("encodeDocuments() takes a Promise, a Map or an Error for no document, and any object with fields for one", () => {
  const odd: [never, string][] = [
    [Promise.resolve({ text: "x" }) as never, "a Promise"],
    [new Map() as never, "a Map"],
    [new Error("e") as never, "an Error"],
  ];
  for (const [value, name] of odd) {
    const { message } = assertThrows(() => encodeDocuments([value]), TypeError);
    assertEquals(message, `Cannot send docs[0]: expected a Document, not ${name}`);
    const said = `Cannot create a Document from ${name}: expected a Document or its fields`;
    assertThrows(() => DocumentArray.from([value]), TypeError, said);
    assertThrows(() => new Document({ chunks: [value] }), TypeError, said);
  }
  class Own {
    text = "own";
  }
  assertEquals(encodeDocuments([new Own(), {}]).map(({ text }) => text), ["own", undefined]);
  assertEquals(DocumentArray.from([new Own(), {}]).map(({ text }) => text), ["own", ""]);
});

Deno.test("encodeDocuments() names the field of a score that could not be read again", () => {
  const scores: [score: object, said: string][] = [
    [{ value: 1n }, "value: expected a number, not the BigInt 1"],
    [{ value: 1, opName: new Map() }, "opName: expected a string, not a Map"],
    [{ value: 1, refId: 5 }, "refId: expected a string, not 5"],
  ];
  for (const [score, said] of scores) {
    const docs = [{ matches: [{ scores: { fine: { value: 1 }, cos: score } }] }];
    const message = `Cannot send docs[0].matches[0].scores.cos.${said}`;
    assertThrows(() => encodeDocuments(docs), TypeError, message);
  }
  const message = "docs[0].embedding: expected an array of finite numbers, not a BigInt64Array";
  assertThrows(() => encodeDocuments([{ embedding: BigInt64Array.of(1n) }]), TypeError, message);
});

Deno.test("encodeDocuments() refuses an id that is no string, 0 and NaN too", () => {
  for (const id of [0, NaN, false]) {
    assertThrows(
      () => encodeDocuments([{ id }]),
      TypeError,
      `Cannot send docs[0].id: expected a string, not ${id}`,
    );
  }
  assertThrows(
    () => encodeLossless([{ id: NaN }]),
    TypeError,
    "Cannot send docs[0].id: expected a finite number",
  );
});

Deno.test("Document.toJSON() names the place from the document on", () => {
  const doc = new Document({ tags: { a: { b: NaN } } });
  assertThrows(
    () => JSON.stringify(doc),
    TypeError,
    "Cannot send tags.a.b: expected a finite number, not NaN",
  );
});

Deno.test("Document.toJSON() writes a location that is a typed array as numbers", () => {
  const doc = Object.assign(new Document({ id: "a" }), { location: Float32Array.of(1, 0.5) });
  assertEquals(JSON.stringify(doc), '{"id":"a","location":[1,0.5]}');
});

Deno.test("toJson() writes plain values of every kind as JSON.stringify() does", () => {
  const value = {
    text: "é\ud800",
    numbers: [0, -1.5, 1e300, Number.MAX_SAFE_INTEGER],
    flags: [true, false, null],
    at: new Date(0),
    bare: Object.assign(Object.create(null), { x: 1 }),
    ["__proto__"]: { constructor: 1 },
    empty: [{}, [], ""],
  };
  assertEquals(toJson(value, "result"), JSON.stringify(value));
  assertThrows(
    () => toJson({ a: [1, NaN] }, "result"),
    TypeError,
    "Cannot send result.a[1]: expected a finite number",
  );
});

Deno.test("Document.toJSON() takes bytes of every make", () => {
  class Own extends Uint8Array {}
  for (const blob of [Uint8Array.of(0, 255), Buffer.from([0, 255]), new Own([0, 255])]) {
    assertEquals(new Document({ blob }).toJSON().blob, "AP8=");
  }
  for (const blob of [new DataView(new ArrayBuffer(1)), Int8Array.of(1), Uint8ClampedArray.of(1)]) {
    const doc = new Document({ blob: blob as never });
    assertThrows(() => doc.toJSON(), TypeError, "Cannot send blob: expected a Uint8Array");
  }
});

Deno.test("checkJson() takes plain objects, arrays and dates of another realm for what they are", () => {
  // A stand-in for another realm: its `Object.prototype` is another object with the same members.
  const foreign = Object.create(null, Object.getOwnPropertyDescriptors(Object.prototype));
  const value = Object.assign(Object.create(foreign), { a: 1, deep: Object.create(foreign) });
  checkJson({ value }, "parameters");
  checkJson(structuredClone({ a: [new Date()], b: { c: 1 } }), "parameters");
  assertThrows(
    () => checkJson(Object.assign(value, { b: NaN }), "parameters"),
    TypeError,
    "Cannot send parameters.b:",
  );
});

Deno.test("checkJson() does not look at keys that somebody added to Object.prototype", () => {
  Object.defineProperty(Object.prototype, "added", { value: () => {}, enumerable: true, configurable: true });
  try {
    checkJson({ a: { b: 1 } }, "parameters");
  } finally {
    delete (Object.prototype as { added?: unknown }).added;
  }
});

Deno.test("Document.fromJSON() refuses numbers that only JSON can hold, and names each", () => {
  const json = `{
    "weight": 1e999, "offset": -1e999, "location": [1, 1e999], "granularity": 1e999, "text": 1e999,
    "tags": { "a": [{ "b c": 1e400 }] }, "scores": { "cos": { "value": 1e999 } },
    "embedding": [1, 1e999], "tensor": [[1], [-1e999]], "chunks": [{ "weight": 1e999 }]
  }`;
  const { issues } = assertThrows(() => Document.fromJSON(JSON.parse(json)), InvalidRequestError);
  assertEquals(issues.map(({ loc }) => loc.join("/")).sort(), [
    "chunks/0/weight",
    "embedding",
    "granularity",
    "location/1",
    "offset",
    "scores/cos/value",
    "tags/a/0/b c",
    "tensor",
    "text",
    "weight",
  ]);
  const tag = issues.find(({ loc }) => loc[0] === "tags");
  assertEquals([tag?.msg, tag?.type], [
    "ensure this value is a finite number",
    "value_error.number.not_finite_number",
  ]);
});

Deno.test("Document.fromJSON() refuses a number for a text whose digits were lost", () => {
  assertEquals(Document.fromJSON(JSON.parse('{"id":9007199254740991}')).id, "9007199254740991");
  for (const number of ["9007199254740993", "1e300", "-12345678901234567890"]) {
    const read = () => Document.fromJSON(JSON.parse(`{"id":"x","text":${number}}`));
    assertThrows(read, InvalidRequestError, "beyond 2^53");
  }
});
