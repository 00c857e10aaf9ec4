import type { Backend, FlowAnswer, FlowRequest, Route } from "../../src/gateway/backend.ts";
import { createGateway, type GatewayOptions } from "../../src/gateway/app.ts";
import type { CancelToken } from "../../src/async/cancel_token.ts";
import type { RequestContext } from "../../src/protocol/request_context.ts";

/** A Flow in small, as the gateway sees one: it notes each request, and answers what a test tells it to. */
export class SmallBackend implements Backend {
  endpoints = new Set(["/foo", "/search-all"]);
  hasDefault = false;
  downReason: string | undefined;
  readonly requests: FlowRequest[] = [];
  readonly cancels: CancelToken[] = [];
  answer: (request: FlowRequest) => FlowAnswer | Promise<FlowAnswer> = (request) => done(request);

  async run(request: FlowRequest, { cancel }: RequestContext): Promise<FlowAnswer> {
    this.requests.push(request);
    this.cancels.push(cancel);
    return await this.answer(request);
  }

  status(): object {
    return { deployments: [{ name: "executor0", state: "serving" }] };
  }
}

type Done = Extract<FlowAnswer, { kind: "done" }>;

const AT = Date.parse("2026-11-23T18:28:23.000Z");

/** One station of a request. */
export function route(executor: string, error?: Route["error"]): Route {
  return { executor, startTime: AT, endTime: AT, ...(error && { error }) };
}

/** What an Executor left. */
export const PASSED = {
  body: '[{"id":"a","text":"answered"}]',
  requestId: "r",
  envelope: { endpoint: "/foo" },
};

/** An answer of one Executor that took the request in. */
export function done(request: FlowRequest, more: Partial<Done> = {}): Done {
  return { kind: "done", request, routes: [route("executor0")], results: [], last: PASSED, ...more };
}

/** An app over a backend that listens to its errors. */
export function gateway(backend: Backend, options: Partial<GatewayOptions> = {}) {
  const errors: Error[] = [];
  const onError = (error: Error) => errors.push(error);
  const app = createGateway(backend, { bodyLimit: 1_000, localOnly: true, onError, ...options });
  return { app, errors };
}

/** A request with a JSON body. */
export function json(body: unknown, headers: Record<string, string> = {}): RequestInit {
  const text = typeof body === "string" ? body : JSON.stringify(body);
  return { method: "POST", headers: { "content-type": "application/json", ...headers }, body: text };
}
