/** The elements of arrays of numbers by numpy's names of their types, as `<f4`. Hosts are little-endian. @module */
import type { NumberArray } from "../document/ndarray.ts";

/** A type of elements. */
export interface Dtype {
  /** Its name, little-endian. */
  readonly name: string;
  /** The bytes of an element. */
  readonly size: number;
  /** The typed array that holds the elements; of the same layout, unless there are `decode` and `encode`. */
  readonly make: new (length: number) => NumberArray;
  /** Converts bytes, of whole elements; returns the index of the first element that a number does not hold exactly. */
  readonly decode?: (bytes: Uint8Array<ArrayBuffer>, to: NumberArray) => number | undefined;
  /** Converts numbers; returns `undefined` when this type does not hold one of them exactly. */
  readonly encode?: (numbers: ArrayLike<number>) => Uint8Array | undefined;
}

const DTYPES: readonly Dtype[] = [
  { name: "<f4", size: 4, make: Float32Array },
  { name: "<f8", size: 8, make: Float64Array },
  { name: "|i1", size: 1, make: Int8Array },
  { name: "|u1", size: 1, make: Uint8Array },
  { name: "<i2", size: 2, make: Int16Array },
  { name: "<u2", size: 2, make: Uint16Array },
  { name: "<i4", size: 4, make: Int32Array },
  { name: "<u4", size: 4, make: Uint32Array },
  { name: "<f2", size: 2, make: Float32Array, decode: decodeHalves, encode: encodeHalves },
  { name: "|b1", size: 1, make: Uint8Array, decode: decodeBools, encode: encodeBools },
  {
    name: "<i8",
    size: 8,
    make: Float64Array,
    decode: ({ buffer }, to) => decodeWide(new Int32Array(buffer), new Uint32Array(buffer), to),
    encode: (numbers) => encodeWide(numbers, Number.MIN_SAFE_INTEGER),
  },
  {
    name: "<u8",
    size: 8,
    make: Float64Array,
    decode: ({ buffer }, to) => decodeWide(new Uint32Array(buffer), new Uint32Array(buffer), to),
    encode: (numbers) => encodeWide(numbers, 0),
  },
];

const BY_NAME = new Map(DTYPES.map((dtype) => [dtype.name.slice(1), dtype]));
/** The types of typed arrays, by their classes' names: also of another realm. */
const BY_CLASS = new Map<string, string>([
  ...DTYPES.slice(0, 8).map(({ make, name }) => [make.name, name] as const),
  ["Uint8ClampedArray", "|u1"],
  ["Float16Array", "<f2"],
]);

/** The type with a name such as `<f4`, of any byte order; `undefined` when it is not one of numbers. */
export function dtypeOf(name: string): Dtype | undefined {
  return /^[<>|=]/.test(name) ? BY_NAME.get(name.slice(1)) : undefined;
}

/** The name of the type of a typed array's elements; `undefined` when they are BigInts, or the value is a DataView. */
export function dtypeNameOf(array: ArrayBufferView): string | undefined {
  return BY_CLASS.get((array as Uint8Array)[Symbol.toStringTag]);
}

function decodeHalves(bytes: Uint8Array<ArrayBuffer>, to: NumberArray): undefined {
  const halves = new Uint16Array(bytes.buffer);
  for (let index = 0; index < halves.length; index++) to[index] = fromHalf(halves[index]);
}

function fromHalf(half: number): number {
  const exponent = half >> 10 & 31;
  const fraction = half & 1023;
  const value = exponent === 0
    ? fraction * 2 ** -24
    : exponent === 31
    ? (fraction === 0 ? Infinity : NaN)
    : (fraction + 1024) * 2 ** (exponent - 25);
  return half & 0x8000 ? -value : value;
}

function encodeHalves(numbers: ArrayLike<number>): Uint8Array | undefined {
  const halves = new Uint16Array(numbers.length);
  const single = new Float32Array(1);
  const bits = new Uint32Array(single.buffer);
  for (let index = 0; index < numbers.length; index++) {
    single[0] = numbers[index];
    const half = toHalf(bits[0]);
    if (half === undefined || !Object.is(single[0], numbers[index])) return undefined;
    halves[index] = half;
  }
  return new Uint8Array(halves.buffer);
}

/** Converts the bits of a float32. */
function toHalf(bits: number): number | undefined {
  const sign = bits >>> 16 & 0x8000;
  const exponent = (bits >>> 23 & 255) - 127;
  const fraction = bits & 0x7fffff;
  if (exponent === 128) return sign | (fraction === 0 ? 0x7c00 : 0x7e00);
  if ((bits & 0x7fffffff) === 0) return sign;
  if (exponent > 15 || exponent < -24) return undefined;
  // A number below 2^-14 has no leading 1 in a float16.
  const shift = exponent < -14 ? -1 - exponent : 13;
  const whole = exponent < -14 ? fraction | 0x800000 : fraction;
  if ((whole & ((1 << shift) - 1)) !== 0) return undefined;
  return sign | (exponent < -14 ? 0 : (exponent + 15) << 10) | whole >> shift;
}

function decodeBools(bytes: Uint8Array, to: NumberArray): undefined {
  for (let index = 0; index < bytes.length; index++) to[index] = bytes[index] === 0 ? 0 : 1;
}

function encodeBools(numbers: ArrayLike<number>): Uint8Array | undefined {
  const bools = Uint8Array.from(numbers);
  return bools.every((bool, index) => bool <= 1 && bool === numbers[index]) ? bools : undefined;
}

/** Converts integers of 64 bits: the upper half of each has the sign. */
function decodeWide(
  upper: Int32Array | Uint32Array,
  lower: Uint32Array,
  to: NumberArray,
): number | undefined {
  for (let index = 0; index < to.length; index++) {
    const value = upper[index * 2 + 1] * 2 ** 32 + lower[index * 2];
    if (!Number.isSafeInteger(value)) return index;
    to[index] = value;
  }
}

function encodeWide(numbers: ArrayLike<number>, min: number): Uint8Array | undefined {
  const halves = new Uint32Array(numbers.length * 2);
  for (let index = 0; index < numbers.length; index++) {
    const value = numbers[index];
    if (!Number.isSafeInteger(value) || value < min) return undefined;
    const upper = Math.floor(value / 2 ** 32);
    halves[index * 2] = value - upper * 2 ** 32;
    halves[index * 2 + 1] = upper;
  }
  return new Uint8Array(halves.buffer);
}
