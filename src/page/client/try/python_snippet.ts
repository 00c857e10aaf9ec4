/** A request as a Python program. @module */
import { isObject } from "./draft.ts";
import type { CodeRequest } from "./snippets.ts";

/** A program that needs Python's own library only. */
export function pythonSnippet({ method, url, body, json, stream }: CodeRequest): string {
  const headers = {
    ...(body !== undefined && { "content-type": "application/json" }),
    ...(stream && { accept: "text/event-stream" }),
  };
  const data = body === undefined
    ? []
    : json === undefined
    ? [`body = ${pythonLiteral(body)}`, ""]
    : [`body = json.dumps(${pythonLiteral(json)})`, ""];
  const read = stream
    ? [
      "    for line in response:",
      '        if line.startswith(b"data: "):',
      "            print(json.loads(line[6:]))",
    ]
    : ["    print(response.read().decode())"];
  return [
    ...json === undefined && !stream ? [] : ["import json"],
    "from urllib.request import Request, urlopen",
    "",
    ...data,
    "request = Request(",
    `    ${JSON.stringify(url)},`,
    ...body === undefined ? [] : ["    data=body.encode(),"],
    `    headers=${pythonLiteral(headers)},`,
    `    method=${JSON.stringify(method)},`,
    ")",
    "with urlopen(request) as response:",
    ...read,
  ].join("\n");
}

/** The fields of a Document of docarray 0.21 that a literal can set. */
const FIELDS = [
  "id",
  "text",
  "blob",
  "tags",
  "uri",
  "mime_type",
  "modality",
  "weight",
  "offset",
  "location",
  "embedding",
  "tensor",
];

/** The fields of which a Document has one there. */
const CONTENT = ["text", "blob", "tensor"];

/** A program with the client of Jina 3; `undefined` where its documents or its client cannot express the request. */
export function jinaSnippet({ server, endpoint, json, stream }: CodeRequest): string | undefined {
  if (server === undefined || endpoint === undefined || json === undefined || stream) return undefined;
  const { data = [], parameters, targetExecutor, execEndpoint: _, ...others } = json;
  const docs: unknown[] = Array.isArray(data) ? data : [data];
  const fits = docs.every((doc) =>
    isObject(doc) && Object.keys(doc).every((name) => FIELDS.includes(name)) &&
    CONTENT.filter((name) => name in doc).length <= 1
  );
  if (!fits || Object.keys(others).length > 0) return undefined;
  const hasBlob = docs.some((doc) => isObject(doc) && typeof doc.blob === "string");
  const items = docs.map((doc) => `        Document(${argumentsOf(doc as object)}),`);
  return [
    "# pip install 'jina==3.14.*' 'docarray<0.30'",
    ...hasBlob ? ["from base64 import b64decode", ""] : [],
    "from docarray import Document, DocumentArray",
    "from jina import Client",
    "",
    `client = Client(host=${JSON.stringify(server.host)}, port=${server.port}, protocol="http"${
      server.tls ? ", tls=True" : ""
    })`,
    "docs = client.post(",
    `    ${pythonLiteral(endpoint)},`,
    "    DocumentArray([",
    ...items,
    "    ]),",
    ...isObject(parameters) && Object.keys(parameters).length > 0
      ? [`    parameters=${pythonLiteral(parameters, 1)},`]
      : [],
    ...typeof targetExecutor === "string" ? [`    target_executor=${pythonLiteral(targetExecutor)},`] : [],
    ")",
    "for doc in docs:",
    "    print(doc.to_json(exclude_none=True))",
  ].join("\n");
}

function argumentsOf(doc: object): string {
  return Object.entries(doc).map(([name, value]) => {
    const literal = pythonLiteral(value, 2);
    return `${name}=${name === "blob" && typeof value === "string" ? `b64decode(${literal})` : literal}`;
  }).join(", ");
}

/** A JSON value as a literal of Python. */
export function pythonLiteral(value: unknown, depth = 0): string {
  if (value === null) return "None";
  if (value === true) return "True";
  if (value === false) return "False";
  // Each escape that JSON.stringify() writes means the same in Python.
  if (typeof value !== "object") return JSON.stringify(value);
  const items = Array.isArray(value)
    ? value.map((item) => pythonLiteral(item, depth + 1))
    : Object.entries(value as object).map(([name, one]) =>
      `${JSON.stringify(name)}: ${pythonLiteral(one, depth + 1)}`
    );
  const [open, close] = Array.isArray(value) ? "[]" : "{}";
  return wrapped(items, `${open}`, `${close}`, depth, 4);
}

/** Items on one line where they are short, or else on a line each. */
export function wrapped(
  items: readonly string[],
  open: string,
  close: string,
  depth: number,
  indent: number,
): string {
  const line = items.join(", ");
  if (line.length <= 70 && !line.includes("\n")) return `${open}${line}${close}`;
  const [outer, inner] = [depth, depth + 1].map((one) => " ".repeat(one * indent));
  // Numbers would need a line each otherwise.
  const isNumbers = items.every((item) => /^-?[\d.e+-]+$/.test(item));
  return isNumbers
    ? `${open}${line}${close}`
    : `${open}\n${items.map((item) => `${inner}${item},\n`).join("")}${outer}${close}`;
}
