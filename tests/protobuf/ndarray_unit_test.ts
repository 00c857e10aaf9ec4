/** Arrays of numbers, of every dtype of numpy. */
import { assert, assertEquals, assertThrows } from "@std/assert";
import type { Document } from "../../src/document/document.ts";
import type { NdArray } from "../../src/document/ndarray.ts";
import { InvalidRequestError } from "../../src/errors/mod.ts";
import { decodeDocument1, encodeDocument1 } from "../../src/protobuf/documents_v1.ts";
import { written } from "../../src/protobuf/wire.ts";
import { type Content, contentOf, DOCUMENT } from "./_recordings.ts";

interface Dense {
  buffer?: ArrayLike<number>;
  shape?: number[];
  dtype: string;
  className?: string;
}

/** A document whose tensor is an array. */
function messageOf({ buffer = [], shape = [], dtype, className = "numpy" }: Dense): Uint8Array<ArrayBuffer> {
  const dense = written((writer) => {
    writer.uint32(10).bytes(Uint8Array.from(buffer)).uint32(18).fork();
    for (const size of shape) writer.uint32(size);
    writer.join().uint32(26).string(dtype);
  });
  const array = written((writer) => writer.uint32(10).bytes(dense).uint32(26).string(className));
  return written((writer) => writer.uint32(10).string("1").uint32(26).bytes(array));
}

function bytesOf(array: ArrayBufferView): Uint8Array {
  return new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
}

/** What the tensor of a document is sent as. */
function sent(doc: Document | { tensor: NdArray }): Content {
  const { tensor } = contentOf(encodeDocument1(doc), DOCUMENT[1]) as { tensor: { dense: Content } };
  return tensor.dense;
}

const DTYPES: [dtype: string, array: ArrayBufferView, decoded: NdArray][] = [
  ["<f8", Float64Array.of(0.1, -0, NaN), Float64Array.of(0.1, -0, NaN)],
  ["<f4", Float32Array.of(0.5, Infinity, NaN), Float32Array.of(0.5, Infinity, NaN)],
  [
    "<f2",
    Uint16Array.of(0x3c00, 0xc500, 0x0001, 0x8000, 0x7bff),
    Float32Array.of(1, -5, 2 ** -24, -0, 65504),
  ],
  ["<f2", Uint16Array.of(0x7c00, 0xfc00, 0x03ff), Float32Array.of(Infinity, -Infinity, 1023 * 2 ** -24)],
  ["|b1", Uint8Array.of(0, 1, 1), Uint8Array.of(0, 1, 1)],
  ["|i1", Int8Array.of(-128, 127, 0), Int8Array.of(-128, 127, 0)],
  ["|u1", Uint8Array.of(255, 1, 0), Uint8Array.of(255, 1, 0)],
  ["<i2", Int16Array.of(-32768, 5), Int16Array.of(-32768, 5)],
  ["<u2", Uint16Array.of(65535, 5), Uint16Array.of(65535, 5)],
  ["<i4", Int32Array.of(-(2 ** 31), 5), Int32Array.of(-(2 ** 31), 5)],
  ["<u4", Uint32Array.of(2 ** 32 - 1, 5), Uint32Array.of(2 ** 32 - 1, 5)],
  ["<i8", BigInt64Array.of(-(2n ** 53n - 1n), -1n, 2n ** 40n), Float64Array.of(-(2 ** 53 - 1), -1, 2 ** 40)],
  ["<u8", BigUint64Array.of(2n ** 53n - 1n, 0n), Float64Array.of(2 ** 53 - 1, 0)],
];

for (const [dtype, array, decoded] of DTYPES) {
  Deno.test(`an array of ${dtype} arrives as numbers and leaves as ${dtype}: ${decoded}`, () => {
    const shape = [(decoded as Float64Array).length];
    const message = messageOf({ buffer: bytesOf(array), shape, dtype });
    const doc = decodeDocument1(message);
    assertEquals(doc.tensor, decoded);
    assertEquals(contentOf(encodeDocument1(doc), DOCUMENT[1]), contentOf(message, DOCUMENT[1]));
  });
}

Deno.test("an array of big-endian numbers is read, and leaves as little-endian", () => {
  const big = messageOf({ buffer: [0x3f, 0, 0, 0, 0xbf, 0x80, 0, 0], shape: [2], dtype: ">f4" });
  const doc = decodeDocument1(big);
  assertEquals(doc.tensor, Float32Array.of(0.5, -1));
  assertEquals(sent(doc).dtype, "<f4");
  const wide = decodeDocument1(messageOf({ buffer: [0, 0, 0, 0, 0, 0, 1, 2], shape: [1], dtype: ">i8" }));
  assertEquals([wide.tensor, sent(wide).buffer], [Float64Array.of(258), "AgEAAAAAAAA="]);
});

Deno.test("an array that a handler changed keeps its dtype while that holds the numbers", () => {
  const half = decodeDocument1(
    messageOf({ buffer: bytesOf(Uint16Array.of(0x3c00)), shape: [1], dtype: "<f2" }),
  );
  const [halves] = [half.tensor as Float32Array];
  halves[0] = 0.5;
  assertEquals(sent(half).dtype, "<f2");
  halves[0] = 0.1;
  assertEquals(sent(half).dtype, "<f4");
  const bools = decodeDocument1(messageOf({ buffer: [1, 0], shape: [2], dtype: "|b1" }));
  (bools.tensor as Uint8Array)[1] = 7;
  assertEquals(sent(bools).dtype, "|u1");
  const wide = decodeDocument1(
    messageOf({ buffer: bytesOf(BigInt64Array.of(1n)), shape: [1], dtype: "<i8" }),
  );
  (wide.tensor as Float64Array)[0] = 1.5;
  assertEquals(sent(wide).dtype, "<f8");
});

Deno.test("an array of any shape arrives as nested rows of typed arrays, and keeps its shape", () => {
  const buffer = bytesOf(Float32Array.of(0, 1, 2, 3, 4, 5));
  const cube = decodeDocument1(messageOf({ buffer, shape: [1, 2, 3], dtype: "<f4" }));
  assertEquals(cube.tensor, [[Float32Array.of(0, 1, 2), Float32Array.of(3, 4, 5)]]);
  assertEquals<unknown>(sent(cube).shape, [1, 2, 3]);
  const scalar = decodeDocument1(messageOf({ buffer: buffer.subarray(4, 8), dtype: "<f4" }));
  assertEquals([scalar.tensor, sent(scalar).shape], [Float32Array.of(1), undefined]);
  for (const shape of [[0], [0, 3], [3, 0], [1000000000, 0]]) {
    const empty = decodeDocument1(messageOf({ shape, dtype: "<i2" }));
    assertEquals([empty.tensor, sent(empty).shape], [new Int16Array(), shape]);
  }
  const torch = decodeDocument1(messageOf({ buffer, shape: [6], dtype: "<f4", className: "torch" }));
  assertEquals((contentOf(encodeDocument1(torch), DOCUMENT[1]).tensor as Content).cls_name, "torch");
});

Deno.test("an array owns its numbers: a handler may keep it", () => {
  const message = messageOf({ buffer: bytesOf(Float32Array.of(1, 2)), shape: [2], dtype: "<f4" });
  const { tensor } = decodeDocument1(message) as { tensor: Float32Array };
  message.fill(0);
  assertEquals([tensor, tensor.buffer.byteLength], [Float32Array.of(1, 2), 8]);
});

Deno.test("arrays that a handler makes get the dtype of their class", () => {
  const cases: [NdArray, dtype: string, shape: number[]][] = [
    [[1, 2.5], "<f8", [2]],
    [[[1, 2], [3, 4]], "<f8", [2, 2]],
    [[Float32Array.of(1), Float32Array.of(2)], "<f4", [2, 1]],
    [[Float32Array.of(1), [2]], "<f8", [2, 1]],
    [Uint8ClampedArray.of(1), "|u1", [1]],
    [[], "<f8", [0]],
    [[[], []], "<f8", [2, 0]],
    [Float64Array.of(NaN, Infinity), "<f8", [2]],
    [Float32Array.of(9, 1, 2, 9).subarray(1, 3), "<f4", [2]],
  ];
  if (typeof Float16Array !== "undefined") cases.push([Float16Array.of(1) as unknown as NdArray, "<f2", [1]]);
  for (const [tensor, dtype, shape] of cases) {
    const dense = sent({ tensor });
    assertEquals([dense.dtype, dense.shape], [dtype, shape], String(tensor));
  }
  assertEquals(sent({ tensor: Float32Array.of(9, 1, 2, 9).subarray(1, 3) }).buffer, "AACAPwAAAEA=");
});

Deno.test("arrays that cannot be sent are refused with their place", () => {
  const round: unknown[] = [];
  round.push(round);
  for (
    const [tensor, message] of [
      ["x", "docs[0].tensor: expected an array of numbers, not x"],
      [[1, "2"], "docs[0].tensor[1]: expected a number, not 2"],
      [[[1, 2], [3]], "docs[0].tensor[1]: expected a row of 2, as the first one, not one of 1"],
      [[Float32Array.of(1), 2], "docs[0].tensor[1]: expected an array of numbers, not 2"],
      [BigInt64Array.of(1n), "docs[0].tensor: expected an array of numbers, not a BigInt64Array"],
      [new DataView(new ArrayBuffer(1)), "docs[0].tensor: expected an array of numbers, not a DataView"],
      [round, "docs[0].tensor: expected an array of numbers"],
      [[[1], [null]], "docs[0].tensor[1][0]: expected a number, not null"],
    ] as const
  ) {
    assertThrows(() => encodeDocument1({ tensor }), TypeError, `Cannot send ${message}`);
  }
});

Deno.test("arrays that cannot be read are refused with their place", () => {
  const wide = bytesOf(BigInt64Array.of(1n, 2n, 3n, 2n ** 53n));
  const sparse = written((writer) => writer.uint32(26).fork().uint32(18).fork().join().join());
  for (
    const [message, loc, msg] of [
      [messageOf({ buffer: wide, shape: [2, 2], dtype: "<i8" }), "tensor.1.1", "2^53 - 1"],
      [messageOf({ buffer: [0], shape: [1], dtype: "|O" }), "tensor", 'dtype "|O"'],
      [messageOf({ buffer: [0, 0, 0, 0, 0, 0, 0, 0], shape: [1], dtype: "<c8" }), "tensor", 'dtype "<c8"'],
      [messageOf({ buffer: [0], shape: [1], dtype: "" }), "tensor", 'dtype ""'],
      [messageOf({ buffer: [0, 0], shape: [3], dtype: "|u1" }), "tensor", "2 bytes"],
      [messageOf({ shape: [2, 3], dtype: "<f4" }), "tensor", "the shape (2,3) of <f4"],
      [messageOf({ buffer: [0], shape: new Array(65).fill(1), dtype: "|u1" }), "tensor", "1 bytes"],
      [sparse, "tensor", "sparse"],
    ] as const
  ) {
    const { issues } = assertThrows(() => decodeDocument1(message), InvalidRequestError);
    assertEquals(issues.map(({ loc }) => loc.join(".")), [loc]);
    assert(issues[0].msg.includes(msg), issues[0].msg);
  }
});
