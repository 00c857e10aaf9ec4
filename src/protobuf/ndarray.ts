/**
 * Arrays of numbers as `NdArrayProto`. A vector arrives as the typed array of its dtype, a matrix as an array of such
 * rows. Booleans arrive as a `Uint8Array` of 0 and 1, float16 as a `Float32Array`, integers of 64 bits as a
 * `Float64Array`; they leave as the dtype that they came with, as long as it holds their numbers exactly.
 *
 * @module
 */
import { EncodeIssue, located, nameOf } from "../document/json_value.ts";
import type { NdArray, NumberArray } from "../document/ndarray.ts";
import { DecodeError } from "./decode_error.ts";
import { type Dtype, dtypeNameOf, dtypeOf } from "./dtypes.ts";
import type { Generation } from "./messages.ts";
import { type BinaryReader, type BinaryWriter, endOf, readTo, sizeOf } from "./wire.ts";

/** What an array came as, where its typed arrays do not show it. */
interface Origin {
  readonly dtype: Dtype;
  /** Left out when the nesting shows it. */
  readonly shape?: readonly number[];
  /** The class of the sender's framework: `numpy`, `torch`, … */
  readonly className: string;
}

const origins = new WeakMap<ArrayBufferLike, Origin>();

const NUMPY = "numpy";
/** As in numpy. */
const MAX_DIMENSIONS = 64;
const NUMBERS = "an array of numbers";

/** Reads an `NdArrayProto`; `undefined` when it has no content. */
export function readNdArray(
  reader: BinaryReader,
  parentEnd: number,
  generation: Generation,
): NdArray | undefined {
  const end = endOf(reader, parentEnd);
  let dense: Dense | undefined;
  let className = NUMPY;
  readTo(reader, end, (tag) => {
    if (tag === 10) dense = readDense(reader, endOf(reader, end));
    else if (generation === 2) return false;
    else if (tag === 18) {
      throw new DecodeError("a sparse array (SparseNdArrayProto): expected a dense one", "type_error");
    } else if (tag === 26) className = reader.string();
    else return false;
  });
  if (!/^\w{1,32}$/.test(className)) className = NUMPY;
  return dense && toNdArray(dense, className);
}

interface Dense {
  buffer: Uint8Array;
  shape: number[];
  dtype: string;
}

function readDense(reader: BinaryReader, end: number): Dense {
  const dense: Dense = { buffer: new Uint8Array(), shape: [], dtype: "" };
  while (reader.pos < end) {
    const tag = reader.uint32();
    if (tag === 10) dense.buffer = reader.bytes();
    else if (tag === 16) dense.shape.push(reader.uint32());
    else if (tag === 18) {
      const last = endOf(reader, end);
      while (reader.pos < last) dense.shape.push(reader.uint32());
    } else if (tag === 26) dense.dtype = reader.string();
    else reader.skip(tag & 7, tag >>> 3);
  }
  if (reader.pos !== end) throw new RangeError("a field is longer than the message that contains it");
  return dense;
}

function toNdArray({ buffer, shape, dtype: name }: Dense, className: string): NdArray | undefined {
  // Jina sends this for what has no value.
  if (buffer.length === 0 && shape.length === 0) return undefined;
  const dtype = dtypeOf(name);
  if (dtype === undefined) {
    throw new DecodeError(
      `an array of the dtype "${name}": expected one of numbers, such as <f4`,
      "type_error",
    );
  }
  const length = lengthOf(shape);
  if (shape.length > MAX_DIMENSIONS || buffer.length !== length * dtype.size) {
    throw new DecodeError(
      `an array of ${buffer.length} bytes: expected a buffer for the shape (${shape}) of ${name}`,
    );
  }
  const numbers = decodeNumbers(dtype, length, name[0] === ">" ? swapped(buffer, dtype.size) : buffer, shape);
  const isFlat = shape.length === 0 || length === 0;
  if (isFlat || className !== NUMPY || dtype.decode !== undefined) {
    const hasShape = isFlat && shape.length !== 1;
    origins.set(numbers.buffer, { dtype, shape: hasShape ? shape : undefined, className });
  }
  return isFlat || shape.length === 1 ? numbers : rowsOf(numbers, shape, dtype.make);
}

/** Copies the numbers. The bytes may be at any offset, and belong to the whole request. */
function decodeNumbers(
  dtype: Dtype,
  length: number,
  buffer: Uint8Array,
  shape: readonly number[],
): NumberArray {
  const numbers = new dtype.make(length);
  if (dtype.decode === undefined) {
    new Uint8Array(numbers.buffer).set(buffer);
    return numbers;
  }
  const copy = new Uint8Array(buffer.length);
  copy.set(buffer);
  const invalidIndex = dtype.decode(copy, numbers);
  if (invalidIndex === undefined) return numbers;
  const issue = new DecodeError(
    "ensure this value is a whole number within ±(2^53 - 1): JavaScript's numbers lose digits beyond",
    "value_error.number.not_exact",
  );
  throw issue.within(...indicesOf(invalidIndex, shape));
}

function swapped(buffer: Uint8Array, size: number): Uint8Array {
  const bytes = new Uint8Array(buffer);
  for (let index = 0; index < bytes.length; index += size) bytes.subarray(index, index + size).reverse();
  return bytes;
}

function indicesOf(index: number, shape: readonly number[]): number[] {
  const indices: number[] = [];
  for (const size of shape.toReversed()) {
    indices.unshift(index % size);
    index = Math.floor(index / size);
  }
  return indices;
}

/** Views of the numbers as nested rows. */
function rowsOf(numbers: NumberArray, shape: readonly number[], type: Dtype["make"]): NdArray {
  const Row = type as unknown as new (buffer: ArrayBufferLike, offset: number, length: number) => NumberArray;
  const bytes = numbers.BYTES_PER_ELEMENT;
  let offset = 0;
  const level = (depth: number): NdArray => {
    const size = shape[depth];
    if (depth === shape.length - 1) {
      const row = new Row(numbers.buffer, offset, size);
      offset += size * bytes;
      return row;
    }
    const rows: NdArray[] = [];
    for (let index = 0; index < size; index++) rows.push(level(depth + 1));
    return rows;
  };
  return level(0);
}

/** Numbers as they are sent: their bytes one after the other. */
interface Encoded {
  readonly parts: readonly Uint8Array[];
  readonly shape: readonly number[];
  readonly dtype: string;
  readonly className: string;
}

type Row = NumberArray | number[];

/**
 * Writes the length and the content of an `NdArrayProto`.
 *
 * @throws {EncodeIssue} When the value is not an array of numbers, or its rows differ in length.
 */
export function writeNdArray(writer: BinaryWriter, value: unknown, generation: Generation): void {
  const { parts, shape, dtype, className } = encode(value);
  let bytes = 0;
  for (const part of parts) bytes += part.length;
  let shapeBytes = 0;
  for (const size of shape) shapeBytes += sizeOf(size);
  const denseSize = (bytes === 0 ? 0 : 1 + sizeOf(bytes) + bytes) +
    (shapeBytes === 0 ? 0 : 1 + sizeOf(shapeBytes) + shapeBytes) + 2 + dtype.length;
  const hasClass = generation === 1;
  writer.uint32(1 + sizeOf(denseSize) + denseSize + (hasClass ? 2 + className.length : 0));
  writer.uint32(10).uint32(denseSize);
  if (bytes > 0) {
    writer.uint32(10).uint32(bytes);
    for (const part of parts) writer.raw(part);
  }
  if (shapeBytes > 0) {
    writer.uint32(18).uint32(shapeBytes);
    for (const size of shape) writer.uint32(size);
  }
  writer.uint32(26).string(dtype);
  if (hasClass) writer.uint32(26).string(className);
}

function encode(value: unknown): Encoded {
  if (ArrayBuffer.isView(value)) return encodeRows([value as NumberArray], [(value as NumberArray).length]);
  const shape = shapeOf(value);
  const rows: Row[] = [];
  collectRows(value, shape, 0, rows);
  return encodeRows(rows, shape);
}

/** The shape, by the first row. */
function shapeOf(value: unknown): number[] {
  const shape: number[] = [];
  let inner = value;
  for (; Array.isArray(inner) && shape.length < MAX_DIMENSIONS; inner = inner[0]) shape.push(inner.length);
  if (ArrayBuffer.isView(inner)) shape.push((inner as NumberArray).length);
  if (shape.length > 0 && !Array.isArray(inner)) return shape;
  throw new EncodeIssue(NUMBERS, value, nameOf(value));
}

/** Adds the rows; throws when their shape differs from that of the first one. */
function collectRows(value: unknown, shape: readonly number[], depth: number, rows: Row[]): void {
  const isView = ArrayBuffer.isView(value);
  if (!isView && !Array.isArray(value)) throw new EncodeIssue(NUMBERS, value, nameOf(value));
  const { length } = value as Row;
  const isRow = depth === shape.length - 1;
  if (length !== shape[depth] || (isView && !isRow)) {
    throw new EncodeIssue(`a row of ${shape[depth]}, as the first one`, value, `one of ${length}`);
  }
  for (let index = 0; !isView && index < length; index++) {
    const item: unknown = value[index];
    try {
      if (!isRow) collectRows(item, shape, depth + 1, rows);
      else if (typeof item !== "number") throw new EncodeIssue("a number", item, nameOf(item));
    } catch (error) {
      throw located(error, index);
    }
  }
  if (isRow) rows.push(value as Row);
}

function encodeRows(rows: readonly Row[], shape: readonly number[]): Encoded {
  const dtype = commonDtype(rows);
  const [first] = rows;
  const arrays = rows.map((row) =>
    ArrayBuffer.isView(row) && dtypeNameOf(row) === dtype ? row : Float64Array.from(row)
  );
  const origin = ArrayBuffer.isView(first) ? origins.get(first.buffer) : undefined;
  if (origin === undefined) return { parts: arrays.map(bytesOf), shape, dtype, className: NUMPY };
  const { make, encode } = origin.dtype;
  const converted = first instanceof make
    ? encode?.(arrays.length === 1 ? arrays[0] : arrays.flatMap((array) => Array.from(array)))
    : undefined;
  const isFlat = shape.length === 1 && shape[0] === lengthOf(origin.shape ?? shape);
  return {
    parts: converted === undefined ? arrays.map(bytesOf) : [converted],
    shape: isFlat ? origin.shape ?? shape : shape,
    dtype: converted === undefined ? dtype : origin.dtype.name,
    className: origin.className,
  };
}

/** The dtype of all rows; of different ones, that which holds all. */
function commonDtype(rows: readonly Row[]): string {
  let common: string | undefined;
  for (const row of rows) {
    const dtype = ArrayBuffer.isView(row) ? dtypeNameOf(row) : "<f8";
    if (dtype === undefined) throw new EncodeIssue(NUMBERS, row, nameOf(row));
    if (common !== undefined && common !== dtype) return "<f8";
    common = dtype;
  }
  return common ?? "<f8";
}

function bytesOf({ buffer, byteOffset, byteLength }: NumberArray): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}

function lengthOf(shape: readonly number[]): number {
  return shape.reduce((product, size) => product * size, 1);
}
