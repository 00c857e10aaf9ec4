/** Exchanges with the real Jina (3.14 and 3.34) over gRPC, and messages in the form in which they are recorded. */
import { BinaryReader, WireType } from "../../src/protobuf/wire.ts";
import { fromBase64, toBase64 } from "../../src/document/base64.ts";
import { setOwn } from "../../src/document/json_value.ts";

/** An exchange: the bytes of the request and of the answers, and their content with the protocol's field names. */
export interface Recording {
  readonly name: string;
  readonly generation: 1 | 2;
  readonly method: string;
  readonly request: Uint8Array;
  readonly requestContent: Content;
  /** Left out where the answer contains paths of files. */
  readonly responses: readonly Uint8Array[];
  readonly responseContents: readonly Content[];
}

export type Content = { [field: string]: Content | Content[] | string | number | boolean | null };

const FOLDER = new URL("./recorded/", import.meta.url);

export const recordings: readonly Recording[] = [...Deno.readDirSync(FOLDER)].map(({ name }) => name).sort()
  .map((file) => {
    const recorded = JSON.parse(Deno.readTextFileSync(new URL(file, FOLDER)));
    return {
      name: file.replace(".json", ""),
      generation: file.startsWith("1") ? 1 : 2,
      method: recorded.method,
      request: bytes(recorded.request_base64),
      requestContent: recorded.request_decoded,
      responses: (recorded.responses_base64 ?? []).map(bytes),
      responseContents: recorded.responses_decoded,
    };
  });

function bytes(base64: string): Uint8Array {
  return fromBase64(base64) as Uint8Array;
}

type Type = "text" | "bytes" | "uint" | "int" | "float" | "double" | "bool" | Message;
type Field = readonly [name: string, type: Type | (() => Message), label?: "repeated" | "map"];
/** The fields of a message by number. */
type Message = { readonly [number: number]: Field };

const VALUE: Message = {
  1: ["null_value", "int"],
  2: ["number_value", "double"],
  3: ["string_value", "text"],
  4: ["bool_value", "bool"],
  5: ["struct_value", () => STRUCT],
  6: ["list_value", { 1: ["values", () => VALUE, "repeated"] }],
};
const STRUCT: Message = { 1: ["fields", VALUE, "map"] };
const DENSE: Message = { 1: ["buffer", "bytes"], 2: ["shape", "uint", "repeated"], 3: ["dtype", "text"] };
const NDARRAY_1: Message = { 1: ["dense", DENSE], 3: ["cls_name", "text"] };
const NDARRAY_2: Message = { 1: ["dense", DENSE] };
const SCORE: Message = {
  1: ["value", "float"],
  2: ["op_name", "text"],
  3: ["description", "text"],
  4: ["ref_id", "text"],
};
const DOCUMENT_1: Message = {
  1: ["id", "text"],
  2: ["blob", "bytes"],
  3: ["tensor", NDARRAY_1],
  4: ["text", "text"],
  5: ["granularity", "uint"],
  6: ["adjacency", "uint"],
  7: ["parent_id", "text"],
  8: ["weight", "float"],
  9: ["uri", "text"],
  10: ["modality", "text"],
  11: ["mime_type", "text"],
  12: ["offset", "float"],
  13: ["location", "float", "repeated"],
  14: ["chunks", () => DOCUMENT_1, "repeated"],
  15: ["matches", () => DOCUMENT_1, "repeated"],
  16: ["embedding", NDARRAY_1],
  17: ["tags", STRUCT],
  18: ["scores", SCORE, "map"],
  19: ["evaluations", SCORE, "map"],
  20: ["_metadata", STRUCT],
};
const NODE: Message = {
  1: ["text", "text"],
  2: ["integer", "int"],
  3: ["float", "double"],
  4: ["boolean", "bool"],
  5: ["blob", "bytes"],
  6: ["ndarray", NDARRAY_2],
  7: ["doc", () => DOCUMENT_2],
  8: ["doc_array", () => DOCUMENTS_2],
  9: ["list", { 1: ["data", () => NODE, "repeated"] }],
  10: ["set", { 1: ["data", () => NODE, "repeated"] }],
  11: ["tuple", { 1: ["data", () => NODE, "repeated"] }],
  12: ["dict", { 1: ["data", () => NODE, "map"] }],
  13: ["type", "text"],
};
const DOCUMENT_2: Message = { 1: ["data", NODE, "map"] };
const DOCUMENTS_2: Message = { 1: ["docs", DOCUMENT_2, "repeated"] };

export const DOCUMENT = { 1: DOCUMENT_1, 2: DOCUMENT_2 };
export const DOCUMENTS = { 1: { 1: ["docs", DOCUMENT_1, "repeated"] } as Message, 2: DOCUMENTS_2 };

/** The content of a message, as the recordings have it. */
export function contentOf(bytes: Uint8Array, message: Message): Content {
  const content: Content = {};
  const reader = new BinaryReader(bytes);
  while (reader.pos < reader.len) {
    const [number, wireType] = reader.tag();
    const field = message[number];
    if (field === undefined) {
      throw new Error(`unknown field ${number} of a message with ${Object.keys(message)}`);
    }
    const [name, type, label] = field;
    const read = () => valueOf(reader, typeof type === "function" ? type() : type);
    if (label === "map") {
      const [key, value] = entryOf(reader.bytes(), typeof type === "function" ? type() : type as Message);
      setOwn((content[name] ??= {}) as Content, key, value);
    } else if (label === undefined) content[name] = read();
    else if (wireType === WireType.LengthDelimited && typeof type === "string") {
      const end = reader.uint32() + reader.pos;
      while (reader.pos < end) list(content, name).push(read());
    } else list(content, name).push(read());
  }
  return simplified(content, message);
}

function list(content: Content, name: string): unknown[] {
  return (content[name] ??= []) as unknown[];
}

function entryOf(bytes: Uint8Array, type: Message): [string, Content] {
  const { key = "", value = contentOf(new Uint8Array(), type) } = contentOf(bytes, {
    1: ["key", "text"],
    2: ["value", type],
  });
  return [key as string, value as Content];
}

function valueOf(reader: BinaryReader, type: Type): Content[string] {
  switch (type) {
    case "text":
      return reader.string();
    case "bytes":
      return toBase64(reader.bytes());
    case "uint":
      return reader.uint32();
    case "int":
      return reader.int32();
    case "float":
      return reader.float();
    case "double":
      return reader.double();
    case "bool":
      return reader.bool();
    default:
      return contentOf(reader.bytes(), type);
  }
}

/** JSON's values in place of `Struct` and `Value`. */
function simplified(content: Content, message: Message): Content {
  if (message === STRUCT) return (content.fields ?? {}) as Content;
  if (message !== VALUE) return content;
  const [[name, value] = ["null_value", null]] = Object.entries(content);
  if (name === "null_value") return null as unknown as Content;
  return (name === "list_value" ? (value as Content).values ?? [] : value) as Content;
}
