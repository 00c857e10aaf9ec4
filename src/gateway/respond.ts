import type { ErrorInfo } from "../errors/mod.ts";
import { nearest } from "../errors/mod.ts";
import { isoTime } from "./_time.ts";
import { inPieces } from "./_pieces.ts";
import type { Backend, FlowAnswer, FlowRequest, Route } from "./backend.ts";

const JSON_TYPE = { "content-type": "application/json" };
/** From how many characters on an answer goes out in pieces. */
const LARGE = 65_536;

/** A JSON response from text that is JSON already. */
export function jsonText(text: string, status = 200, headers?: Record<string, string>): Response {
  const all = headers === undefined ? JSON_TYPE : { ...JSON_TYPE, ...headers };
  return text.length < LARGE ? new Response(text, { status, headers: all }) : inPieces(text, status, all);
}

/** An error in the form of every 4xx. */
export function detail(status: number, detail: unknown, headers?: Record<string, string>): Response {
  return jsonText(JSON.stringify({ detail }), status, headers);
}

/** A 404 that names what there is. */
export function unknownEndpoint(endpoint: string, { endpoints, hasDefault }: Backend): Response {
  const names = [...new Set([...endpoints, ...(hasDefault ? ["/"] : [])])].sort();
  const near = nearest(endpoint, names);
  return detail(
    404,
    `Not Found: no Executor binds the endpoint "${endpoint}"${
      near === undefined ? "" : `; did you mean "${near}"?`
    } ` +
      `(known: ${names.join(", ") || "none"})`,
  );
}

/**
 * Writes what became of a request in Jina's form. The documents are spliced in as the text they are, and a status is
 * there when something is wrong: Deno sends an answer of up to 512 bytes, head included, in one packet, and a second
 * packet costs as much as all that the gateway does for a small request.
 */
export function respond(
  answer: FlowAnswer,
  request: FlowRequest,
  backend: Backend,
  startTime: number,
): Response {
  switch (answer.kind) {
    case "invalid":
      return detail(422, answer.issues);
    case "unbound":
      return unknownEndpoint(answer.endpoint, backend);
    case "down":
      return jsonText(downBody(answer.reason, request), 503);
    case "done":
      return done(answer, startTime);
    default:
      return answer satisfies never;
  }
}

type Done = Extract<FlowAnswer, { kind: "done" }>;

function done(answer: Done, startTime: number): Response {
  const { error, last, request } = answer;
  const text = `{${headOf(answer, startTime)},"data":${
    last?.body ?? JSON.stringify(documentsOf(request.body))
  }}`;
  return jsonText(text, error?.status ?? 200);
}

/** All that an answer says besides its documents, as the fields of a JSON object. */
export function headOf(answer: Done, startTime: number): string {
  const { error, last, request, routes } = answer;
  const status = error === undefined
    ? ""
    : `"status":${JSON.stringify(statusOf(error.info, error.executor))},`;
  const endpoint = last?.envelope?.endpoint ?? request.endpoint ?? "";
  const header = `{"requestId":${JSON.stringify(last?.requestId ?? request.requestId)},${status}` +
    `"execEndpoint":${JSON.stringify(endpoint)},"targetExecutor":""}`;
  let stations = routeJson({ executor: "gateway", startTime, endTime: Date.now() });
  for (const route of routes) {
    // Several branches may have failed; the answer's error is that of one.
    stations += `,${routeJson(route, route.error === error?.info ? error?.executor : undefined)}`;
  }
  return `"header":${header},"parameters":${parameters(answer)},"routes":[${stations}]`;
}

function parameters({ last, results }: Done): string {
  const own = last?.envelope?.parameters ?? "{}";
  if (results.length === 0) return own;
  // Jina's clients send the key themselves.
  if (own.includes('"__results__"')) return withResults(JSON.parse(own), results);
  const list = results.map(([replica, json]) => `${JSON.stringify(replica)}:${json}`).join();
  return `${own.slice(0, -1)}${own === "{}" ? "" : ","}"__results__":{${list}}}`;
}

function withResults(
  { __results__: given, ...own }: Record<string, unknown>,
  results: readonly (readonly [replica: string, json: string])[],
): string {
  const added = Object.fromEntries(results.map(([replica, json]) => [replica, JSON.parse(json)]));
  const before = typeof given === "object" ? given : {};
  return JSON.stringify({ ...own, __results__: { ...before, ...added } });
}

function routeJson({ executor, startTime, endTime, error }: Route, failed = executor): string {
  const status = error === undefined ? "" : `,"status":${JSON.stringify(statusOf(error, failed))}`;
  return `{"executor":"${executor}","startTime":"${isoTime(startTime)}","endTime":"${
    isoTime(endTime)
  }"${status}}`;
}

function statusOf(info: ErrorInfo, executor: string): unknown {
  const { name, message, stack } = info;
  const exception = {
    name,
    args: [message],
    stacks: stack.split("\n").filter((line) => line !== ""),
    executor,
  };
  return { code: 1, description: `${name}: ${message}`, exception };
}

/** Jina's answer when a deployment is down. */
function downBody(reason: string, request: FlowRequest): string {
  const exception = { name: "DownError", args: [reason], stacks: [], executor: "" };
  return JSON.stringify({
    header: {
      requestId: request.requestId,
      status: { code: 1, description: reason, exception },
      execEndpoint: request.endpoint ?? "",
      targetExecutor: "",
    },
    parameters: null,
    routes: null,
    data: documentsOf(request.body),
  });
}

/** The documents of a request that no Executor got to read, as they came. */
function documentsOf(body: string): unknown[] {
  try {
    const data = JSON.parse(body)?.data;
    return [data?.docs ?? data ?? []].flat();
  } catch {
    return [];
  }
}
