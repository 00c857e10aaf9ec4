import type { ErrorInfo } from "../errors/mod.ts";
import { nearest } from "../errors/mod.ts";
import type { Backend, FlowAnswer, FlowRequest, Route } from "./backend.ts";

const JSON_TYPE = { "content-type": "application/json" };

/** A JSON response from text that is JSON already. */
export function jsonText(text: string, status = 200, headers: Record<string, string> = {}): Response {
  return new Response(text, { status, headers: { ...JSON_TYPE, ...headers } });
}

/** An error in the form of every 4xx. */
export function detail(status: number, detail: unknown, headers?: Record<string, string>): Response {
  return jsonText(JSON.stringify({ detail }), status, headers);
}

/** A 404 that names what there is. */
export function unknownEndpoint(endpoint: string, known: Iterable<string>): Response {
  const names = [...known].sort();
  const near = nearest(endpoint, names);
  return detail(
    404,
    `Not Found: no Executor binds the endpoint "${endpoint}"${
      near === undefined ? "" : `; did you mean "${near}"?`
    } ` +
      `(known: ${names.join(", ") || "none"})`,
  );
}

/** Writes what became of a request in Jina's form. The documents are spliced in as the text they are. */
export function respond(
  answer: FlowAnswer,
  request: FlowRequest,
  backend: Backend,
  startTime: Date,
): Response {
  switch (answer.kind) {
    case "invalid":
      return detail(422, answer.issues);
    case "unbound":
      return unknownEndpoint(answer.endpoint, backend.endpoints);
    case "down":
      return jsonText(downBody(answer.reason, request), 503);
    case "done":
      return done(answer, startTime);
    default:
      return answer satisfies never;
  }
}

function done(answer: Extract<FlowAnswer, { kind: "done" }>, startTime: Date): Response {
  const { error, envelope, request, routes } = answer;
  const status = error === undefined ? "null" : JSON.stringify(statusOf(error.info, error.executor));
  const endpoint = envelope?.endpoint ?? request.endpoint ?? "";
  const header =
    `{"requestId":${JSON.stringify(envelope?.requestId ?? request.requestId)},"status":${status},` +
    `"execEndpoint":${JSON.stringify(endpoint)},"targetExecutor":""}`;
  const gateway: Route = { executor: "gateway", startTime, endTime: new Date() };
  const stations = [gateway, ...routes].map((route) => routeJson(route, error?.executor)).join();
  const text = `{"header":${header},"parameters":${parameters(answer)},"routes":[${stations}],` +
    `"data":${answer.docs ?? JSON.stringify(documentsOf(answer.body))}}`;
  return jsonText(text, error?.status ?? 200);
}

function parameters({ envelope, results }: Extract<FlowAnswer, { kind: "done" }>): string {
  const own = envelope?.parameters ?? "{}";
  if (results.length === 0) return own;
  const list = results.map(([replica, json]) => `${JSON.stringify(replica)}:${json}`).join();
  return `${own.slice(0, -1)}${own === "{}" ? "" : ","}"__results__":{${list}}}`;
}

function routeJson({ executor, startTime, endTime, error }: Route, failed = executor): string {
  const status = error === undefined ? "null" : JSON.stringify(statusOf(error, failed));
  return `{"executor":${JSON.stringify(executor)},"startTime":"${startTime.toISOString()}",` +
    `"endTime":"${endTime.toISOString()}","status":${status}}`;
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
