import { type ErrorInfo, nearest } from "../errors/mod.ts";
import type { Status } from "../protobuf/messages.ts";
import type { Bindings } from "../protocol/endpoint_info.ts";
import type { FailureReason } from "../protocol/failure_reason.ts";
import type { Backend, FlowAnswer, FlowRequest, FlowResult, Route } from "./backend.ts";

const JSON_TYPE = { "content-type": "application/json" };
/** The size of a chunk in bytes, and the length in characters from which on an answer is sent in chunks. */
const CHUNK = 65_536;
/** The HTTP status of each failure; 499 is in the log only, as that of nginx. */
const STATUS: Readonly<Record<FailureReason, number>> = {
  failed: 500,
  cut: 503,
  deadline: 504,
  cancelled: 499,
};

/** A request that came over HTTP. */
export interface HttpRequest extends FlowRequest<string> {
  /** The id that the gateway gave it. */
  readonly id: string;
  /** When it came, in milliseconds since 1970. */
  readonly startTime: number;
}

/** A response with JSON text. */
export function jsonText(text: string, status = 200, more?: Record<string, string>): Response {
  const headers = more === undefined ? JSON_TYPE : { ...JSON_TYPE, ...more };
  return text.length < CHUNK ? new Response(text, { status, headers }) : chunked(text, status, headers);
}

/**
 * A response whose text is sent chunk by chunk, as its client takes it: the server can then see how much of it was
 * taken when it closes.
 */
function chunked(text: string, status: number, headers: Readonly<Record<string, string>>): Response {
  const bytes = new TextEncoder().encode(text);
  let at = 0;
  const body = new ReadableStream<Uint8Array>({
    pull(controller) {
      controller.enqueue(bytes.subarray(at, at += CHUNK));
      if (at >= bytes.length) controller.close();
    },
  }, { highWaterMark: 0 });
  return new Response(body, { status, headers: { ...headers, "content-length": String(bytes.length) } });
}

/** An error in the form of all 4xx. */
export function detail(status: number, detail: unknown, headers?: Record<string, string>): Response {
  return jsonText(JSON.stringify({ detail }), status, headers);
}

/** The answer of a Flow that has not started, or is closed. */
export function unavailable(): Response {
  return detail(503, "Service Unavailable: the Flow is not running");
}

/** A 404 that names the endpoints that are bound. */
export function unknownEndpoint(endpoint: string, bindings: Bindings): Response {
  return detail(404, notFound(endpoint, bindings));
}

function notFound(endpoint: string, bindings: Bindings): string {
  return `Not Found: ${unboundMessage(endpoint, bindings)}`;
}

/** That an endpoint is not bound, and which ones are. */
export function unboundMessage(endpoint: string, { endpoints, hasDefault }: Bindings): string {
  const names = [...new Set([...endpoints.map(({ path }) => path), ...(hasDefault ? ["/"] : [])])].sort();
  const near = nearest(endpoint, names);
  const hint = near === undefined ? "" : `; did you mean "${near}"?`;
  const known = `(known: ${names.join(", ") || "none"})`;
  return `no Executor binds the endpoint "${endpoint}"${hint} ${known}`;
}

/** Responds with the outcome of a request in Jina's form. */
export function respond(answer: FlowAnswer<string>, request: HttpRequest, backend: Backend): Response {
  return writeAnswer(answer, request, backend, jsonText);
}

/** The HTTP status of an outcome. */
export function httpStatusOf(answer: FlowAnswer): number {
  switch (answer.kind) {
    case "invalid":
      return 422;
    case "unbound":
      return 404;
    case "refused":
      return answer.status;
    case "down":
      return 503;
    case "done":
      return answer.error === undefined ? 200 : STATUS[answer.error.reason];
    default:
      return answer satisfies never;
  }
}

/**
 * Writes the outcome of a request in Jina's form. The documents are inserted as the text that they are. A status is
 * written only for errors, so that small answers fit in one packet.
 *
 * @param write Gets the JSON, and the status that HTTP has for it.
 */
export function writeAnswer<T>(
  answer: FlowAnswer<string>,
  request: HttpRequest,
  backend: Backend,
  write: (json: string, status: number) => T,
): T {
  const status = httpStatusOf(answer);
  switch (answer.kind) {
    case "invalid":
      return write(JSON.stringify({ detail: answer.issues }), status);
    case "unbound":
      return write(JSON.stringify({ detail: notFound(answer.endpoint, backend) }), status);
    case "refused":
      return write(JSON.stringify({ detail: answer.message }), status);
    case "down":
      return write(downBody(answer.reason, request), status);
    case "done": {
      const data = answer.docs ?? JSON.stringify(documentsOf(request.body));
      return write(`{${headOf(answer, request.startTime)},"data":${data}}`, status);
    }
    default:
      return answer satisfies never;
  }
}

/** An answer without its documents, as the fields of a JSON object. */
export function headOf(answer: FlowResult<string>, startTime: number): string {
  const { error, requestId, endpoint = "" } = answer;
  const status = error === undefined
    ? ""
    : `"status":${JSON.stringify(statusOf(error.info, error.executor))},`;
  const header = `{"requestId":${JSON.stringify(requestId)},${status}` +
    `"execEndpoint":${JSON.stringify(endpoint)},"targetExecutor":""}`;
  let routes = routeJson({ executor: "gateway", startTime, endTime: Date.now() });
  for (const route of answer.routes) {
    // Several branches may have failed; the answer has the error of one.
    routes += `,${routeJson(route, route.error === error?.info ? error?.executor : undefined)}`;
  }
  return `"header":${header},"parameters":${parametersOf(answer)},"routes":[${routes}]`;
}

function parametersOf({ parameters = "{}", results }: FlowResult<string>): string {
  if (results.length === 0) return parameters;
  // Jina's clients send the key, too.
  if (parameters.includes('"__results__"')) return withResults(JSON.parse(parameters), results);
  const list = results.map(([replica, json]) => `${JSON.stringify(replica)}:${json}`).join();
  return `${parameters.slice(0, -1)}${parameters === "{}" ? "" : ","}"__results__":{${list}}}`;
}

function withResults(
  { __results__: given, ...own }: Record<string, unknown>,
  results: FlowResult<string>["results"],
): string {
  const added = Object.fromEntries(results.map(([replica, json]) => [replica, JSON.parse(json)]));
  const before = typeof given === "object" ? given : {};
  return JSON.stringify({ ...own, __results__: { ...before, ...added } });
}

function routeJson({ executor, startTime, endTime, error }: Route, failed = executor): string {
  const status = error === undefined ? "" : `,"status":${JSON.stringify(statusOf(error, failed))}`;
  const times = `"startTime":"${isoTime(startTime)}","endTime":"${isoTime(endTime)}"`;
  return `{"executor":"${executor}",${times}${status}}`;
}

let second = NaN;
let beginning = "";

/** A time in milliseconds since 1970 as ISO 8601 text. The text of a second is cached, since many requests share it. */
function isoTime(time: number): string {
  const millis = time % 1000;
  if (time - millis !== second) {
    second = time - millis;
    beginning = new Date(second).toISOString().slice(0, 20);
  }
  return `${beginning}${millis < 10 ? "00" : millis < 100 ? "0" : ""}${millis}Z`;
}

/** The status of an answer, or of a route, with an error. */
export function statusOf({ name, message, stack }: ErrorInfo, executor: string): Status {
  const stacks = stack.split("\n").filter((line) => line !== "");
  const exception = { name, args: [message], stacks, executor };
  return { code: 1, description: `${name}: ${message}`, exception };
}

/** Whether the Flow can answer, as `GET /dry_run` says it. */
export function readinessJson({ downReason }: Backend): string {
  const ready = { code: 0, description: "", exception: null };
  return JSON.stringify(downReason === undefined ? ready : downStatus(downReason));
}

/** The status of an answer when a deployment is down. */
export function downStatus(reason: string): Status {
  return gatewayStatus("DownError", reason);
}

/** The status of an answer with an error that is no Executor's. */
export function gatewayStatus(name: string, description: string): Status {
  return { code: 1, description, exception: { name, args: [description], stacks: [], executor: "" } };
}

/** Jina's answer when a deployment is down. */
function downBody(reason: string, { id, endpoint = "", body }: HttpRequest): string {
  const header = { requestId: id, status: downStatus(reason), execEndpoint: endpoint, targetExecutor: "" };
  return JSON.stringify({ header, parameters: null, routes: null, data: documentsOf(body) });
}

/** The documents of a request that no worker has decoded, as they came. */
function documentsOf(body: string): unknown[] {
  try {
    const data = JSON.parse(body)?.data;
    return [data?.docs ?? data ?? []].flat();
  } catch {
    return [];
  }
}
