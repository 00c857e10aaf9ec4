/** A request as a TypeScript program. @module */
import { isObject, type Json } from "./draft.ts";
import { wrapped } from "./python_snippet.ts";
import type { CodeRequest } from "./snippets.ts";

/** A program with `fetch()`. */
export function fetchSnippet({ method, url, body, json, stream }: CodeRequest): string {
  const headers = {
    ...(body !== undefined && { "content-type": "application/json" }),
    ...(stream && { accept: "text/event-stream" }),
  };
  const sent = json === undefined ? literal(body) : `JSON.stringify(${literal(json, 1)})`;
  return [
    `const response = await fetch(${JSON.stringify(url)}, {`,
    `  method: ${JSON.stringify(method)},`,
    `  headers: ${literal(headers, 1)},`,
    ...body === undefined ? [] : [`  body: ${sent},`],
    "});",
    ...stream
      ? [
        "for await (const text of response.body!.pipeThrough(new TextDecoderStream())) console.log(text);",
      ]
      : ["console.log(await response.text());"],
  ].join("\n");
}

/** The names of a Document's fields that differ from those in JSON. */
const RENAMED: Readonly<Record<string, string>> = { mime_type: "mimeType", parent_id: "parentId" };
const RENAMED_SCORE: Readonly<Record<string, string>> = { op_name: "opName", ref_id: "refId" };

/** The fields of a Document in JSON, with the check that a client can send a value. */
const isText = (value: unknown) => typeof value === "string";
const isNumber = (value: unknown) => typeof value === "number";
const FIELDS: Readonly<Record<string, (value: unknown) => boolean>> = {
  ...Object.fromEntries(
    ["id", "text", "blob", "uri", "mime_type", "modality", "parent_id"].map((name) => [name, isText]),
  ),
  ...Object.fromEntries(["weight", "offset", "granularity", "adjacency"].map((name) => [name, isNumber])),
  ...Object.fromEntries(["tensor", "embedding", "location"].map((name) => [name, isNumbers])),
  ...Object.fromEntries(["scores", "evaluations"].map((name) => [name, isObject])),
  tags: isObject,
};

function isNumbers(value: unknown): boolean {
  return Array.isArray(value) && (value.every(isNumber) || value.every(isNumbers));
}

/**
 * A program with the Client of hotflow; `undefined` where it cannot express the request: below a path of an app, or with
 * a field of a Document that has a value of another type.
 */
export function clientSnippet({ server, endpoint, json, stream }: CodeRequest): string | undefined {
  if (server === undefined || endpoint === undefined || json === undefined) return undefined;
  const { data = [], parameters, targetExecutor, execEndpoint: _, ...others } = json;
  if (Object.keys(others).length > 0 || !Array.isArray(data)) return undefined;
  const docs = data.map((doc) => documentLiteral(doc, 1));
  if (docs.includes(undefined)) return undefined;
  const options = [
    ...isObject(parameters) && Object.keys(parameters).length > 0
      ? [`parameters: ${literal(parameters, 1)}`]
      : [],
    ...typeof targetExecutor === "string" ? [`targetExecutor: ${literal(targetExecutor)}`] : [],
  ];
  const address = [
    ...server.host === "127.0.0.1" ? [] : [`host: ${literal(server.host)}`],
    `port: ${server.port}`,
    ...server.tls ? ["tls: true"] : [],
  ];
  const inputs = wrapped(docs as string[], "[", "]", 0, 2);
  const given = [literal(endpoint), inputs, ...options.length > 0 ? [`{ ${options.join(", ")} }`] : []].join(
    ", ",
  );
  return [
    'import { Client } from "@hotflow/hotflow";',
    "",
    `const client = new Client({ ${address.join(", ")} });`,
    stream
      ? `for await (const doc of client.stream(${given})) {`
      : `for (const doc of await client.post(${given})) {`,
    "  console.log(doc);",
    "}",
  ].join("\n");
}

function documentLiteral(doc: unknown, depth: number): string | undefined {
  if (!isObject(doc)) return undefined;
  const items: string[] = [];
  const extra: Json = {};
  for (const [name, value] of Object.entries(doc)) {
    if (name === "chunks" || name === "matches") {
      const parts = Array.isArray(value)
        ? value.map((part) => documentLiteral(part, depth + 2))
        : [undefined];
      if (parts.includes(undefined)) return undefined;
      items.push(`${name}: ${wrapped(parts as string[], "[", "]", depth + 1, 2)}`);
      continue;
    }
    const fits = Object.hasOwn(FIELDS, name) ? FIELDS[name] : undefined;
    if (fits === undefined) extra[name] = value;
    else if (!fits(value)) return undefined;
    else items.push(`${RENAMED[name] ?? name}: ${fieldLiteral(name, value, depth + 1)}`);
  }
  if (Object.keys(extra).length > 0) items.push(`extra: ${literal(extra, depth + 1)}`);
  return items.length === 0 ? "{}" : wrapped(items, "{ ", " }", depth, 2);
}

function fieldLiteral(name: string, value: unknown, depth: number): string {
  if (name === "blob") return `Uint8Array.from(atob(${literal(value)}), (char) => char.charCodeAt(0))`;
  if (name !== "scores" && name !== "evaluations") return literal(value, depth);
  const scores = Object.entries(value as Json).map(([key, score]) => [
    key,
    isObject(score)
      ? Object.fromEntries(Object.entries(score).map(([own, one]) => [RENAMED_SCORE[own] ?? own, one]))
      : score,
  ]);
  return literal(Object.fromEntries(scores), depth);
}

/** A JSON value as a literal. */
function literal(value: unknown, depth = 0): string {
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  if (Array.isArray(value)) {
    return wrapped(value.map((item) => literal(item, depth + 1)), "[", "]", depth, 2);
  }
  const items = Object.entries(value).map(([name, one]) =>
    `${/^[A-Za-z_$][\w$]*$/.test(name) ? name : JSON.stringify(name)}: ${literal(one, depth + 1)}`
  );
  return items.length === 0 ? "{}" : wrapped(items, "{ ", " }", depth, 2);
}
