/** A typed array of numbers. */
export type NumberArray =
  | Float64Array
  | Float32Array
  | Int8Array
  | Uint8Array
  | Uint8ClampedArray
  | Int16Array
  | Uint16Array
  | Int32Array
  | Uint32Array;

/** Numbers of any shape: a vector is a typed array or a `number[]`, a matrix is an array of vectors, and so on. */
export type NdArray = NumberArray | number[] | NdArray[];

/**
 * Reads nested JSON arrays. The innermost rows become `Float64Array`s, which hold each JSON number exactly. Returns
 * `undefined` when the value is not an array of finite numbers.
 */
export function decodeNdArray(value: unknown): NdArray | undefined {
  if (!Array.isArray(value)) return undefined;
  if (!Array.isArray(value[0])) {
    const numbers = new Float64Array(value.length);
    for (let index = 0; index < value.length; index++) {
      const number = value[index];
      if (!Number.isFinite(number)) return undefined;
      numbers[index] = number;
    }
    return numbers;
  }
  const rows: NdArray[] = [];
  for (const item of value) {
    const row = decodeNdArray(item);
    if (row === undefined) return undefined;
    rows.push(row);
  }
  return rows;
}

/** Converts to the JSON form: plain nested arrays. */
export function encodeNdArray(value: NdArray): unknown {
  if (!ArrayBuffer.isView(value)) return Array.from(value as unknown[], encodeInner);
  const numbers: number[] = new Array(value.length);
  for (let index = 0; index < value.length; index++) numbers[index] = value[index];
  return numbers;
}

function encodeInner(item: unknown): unknown {
  return typeof item === "object" && item !== null ? encodeNdArray(item as NdArray) : item;
}

/** Whether JSON can hold the numbers: it has no `NaN` and no infinity. */
export function isNdArray(value: unknown): boolean {
  if (Array.isArray(value) && isRow(value[0])) return value.every(isNdArray);
  return isVector(value);
}

/** Whether JSON can hold the numbers of one row. */
export function isVector(value: unknown): boolean {
  if (!isRow(value) || value instanceof DataView) return false;
  const numbers = value as ArrayLike<unknown>;
  for (let index = 0; index < numbers.length; index++) if (!Number.isFinite(numbers[index])) return false;
  return true;
}

function isRow(value: unknown): boolean {
  return Array.isArray(value) || ArrayBuffer.isView(value);
}
