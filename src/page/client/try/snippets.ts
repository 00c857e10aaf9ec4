/** A request as code for other programs. @module */
import { isObject } from "./draft.ts";
import { jinaSnippet, pythonSnippet } from "./python_snippet.ts";
import { splitKey, type TryRequest } from "./send.ts";
import { clientSnippet, fetchSnippet } from "./typescript_snippet.ts";

/** A request with all that a snippet needs. */
export interface CodeRequest {
  /** The method. */
  readonly method: string;
  /** The whole address. */
  readonly url: string;
  /** The host, the port and whether it is TLS; left out where the Flow is below a path of an app. */
  readonly server?: { readonly host: string; readonly port: number; readonly tls: boolean };
  /** The endpoint, where a client can name it. */
  readonly endpoint?: string;
  /** The body as text. */
  readonly body?: string;
  /** The body, where it is an object of the usual form; a program can then have it as a literal. */
  readonly json?: Readonly<Record<string, unknown>>;
  /** Whether the documents are asked for as a stream. */
  readonly stream: boolean;
}

/** A body that is not longer is written on one line. */
const MAX_LINE = 100;

/** Where the page and its Flow are. */
export type Where = Pick<Location, "origin" | "pathname" | "hostname" | "port" | "protocol">;

/**
 * Prepares a request.
 *
 * @param endpoints The endpoints that a client can name.
 */
export function codeRequest(
  request: TryRequest,
  endpoints: readonly string[],
  where: Where = location,
): CodeRequest {
  const { method, path } = splitKey(request.key);
  const json = literalOf(request.body);
  const line = json && JSON.stringify(json);
  const named = path === "/post" ? json?.execEndpoint ?? "/" : path;
  const tls = where.protocol === "https:";
  const isRoot = where.pathname === "/";
  return {
    method,
    url: where.origin + where.pathname.replace(/\/?$/, path),
    ...(isRoot && {
      server: { host: where.hostname, port: Number(where.port) || (tls ? 443 : 80), tls },
    }),
    ...(typeof named === "string" && endpoints.includes(named) && { endpoint: named }),
    ...(request.body !== undefined && {
      body: line !== undefined && line.length <= MAX_LINE ? line : request.body,
    }),
    ...(json !== undefined && { json }),
    stream: request.stream,
  };
}

/** The body as an object, where writing it as a literal loses nothing: no digits, and no key with a meaning of its own. */
function literalOf(body: string | undefined): Record<string, unknown> | undefined {
  if (body === undefined || body.includes("__proto__")) return undefined;
  try {
    const json = JSON.parse(body);
    const isExact = numbersOf(body) === numbersOf(JSON.stringify(json));
    return isObject(json) && isExact ? json : undefined;
  } catch {
    return undefined;
  }
}

/** The numbers of a JSON text, without its strings. */
function numbersOf(json: string): string {
  return (json.replace(/"(?:[^"\\]|\\.)*"/gs, "").match(/-?\d[\d.eE+-]*/g) ?? []).join();
}

/** The languages, with the function that writes a request in each; `undefined` where it cannot be written so. */
export const SNIPPETS: Readonly<Record<string, (request: CodeRequest) => string | undefined>> = {
  curl: curlSnippet,
  TypeScript: (request) => clientSnippet(request) ?? fetchSnippet(request),
  Python: pythonSnippet,
  "Python, Jina": jinaSnippet,
};

/** A longer argument of a program is refused by Linux, at 128 KiB. */
const MAX_ARGUMENT = 100_000;

/** A command for a POSIX shell. */
export function curlSnippet({ method, url, body, stream }: CodeRequest): string {
  const isPost = method === "POST" && body !== undefined;
  const isLong = body !== undefined && new TextEncoder().encode(body).length > MAX_ARGUMENT;
  const parts = [
    `curl${stream ? " -N" : ""}${isPost || method === "GET" ? "" : ` -X ${method}`} ${shellQuoted(url)}`,
    ...stream ? [`-H ${shellQuoted("accept: text/event-stream")}`] : [],
    ...body === undefined ? [] : [
      `-H ${shellQuoted("content-type: application/json")}`,
      isLong ? `--data-binary @- <<'${delimiterFor(body)}'` : `--data-raw ${shellQuoted(body)}`,
    ],
  ];
  const command = parts.join(" \\\n  ");
  return isLong ? `${command}\n${body}\n${delimiterFor(body)}` : command;
}

/** A text in single quotes, in which a shell interprets nothing. */
export function shellQuoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}

function delimiterFor(body: string): string {
  let name = "BODY";
  while (body.includes(name)) name += "_";
  return name;
}
