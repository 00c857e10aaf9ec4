import type { Backend, FlowAnswer, FlowRequest, FlowResult, Route } from "../../src/gateway/backend.ts";
import { createGateway } from "../../src/gateway/app.ts";
import type { GatewayOptions } from "../../src/gateway/gateway_options.ts";
import type { CancelToken } from "../../src/async/cancel_token.ts";
import type { EndpointInfo } from "../../src/protocol/endpoint_info.ts";
import type { Encoded } from "../../src/protocol/encoded.ts";
import type { RequestContext } from "../../src/protocol/request_context.ts";

/** A backend that records each request, and answers what a test sets. */
export class FakeBackend implements Backend {
  endpoints = endpointsOf("/foo", "/search-all");
  hasDefault = false;
  downReason: string | undefined;
  readonly callbacks: Set<() => void> = new Set();
  readonly requests: FlowRequest[] = [];
  readonly ids: string[] = [];
  readonly cancels: CancelToken[] = [];
  /** The ids of the last events that readers of the events have named. */
  readonly lastIds: (string | undefined)[] = [];
  /** Streams that do not end. */
  readonly events = {
    open: (lastId?: string) => {
      this.lastIds.push(lastId);
      return new ReadableStream<Uint8Array>({}, { highWaterMark: 0 });
    },
  };
  answer: (request: FlowRequest) => FlowAnswer | Promise<FlowAnswer> = () => done();

  onChange(callback: () => void): () => void {
    this.callbacks.add(callback);
    return () => void this.callbacks.delete(callback);
  }

  async run<E extends Encoded>(
    request: FlowRequest<E>,
    { id, cancel }: RequestContext<E>,
  ): Promise<FlowAnswer<E>> {
    this.requests.push(request);
    this.ids.push(id);
    this.cancels.push(cancel);
    return await this.answer(request) as FlowAnswer<E>;
  }

  metrics(): Promise<string> {
    return Promise.resolve("hotflow_requests_in_flight 0\n");
  }

  status(): object {
    return { deployments: [{ name: "executor0", state: "serving" }] };
  }
}

const AT = Date.parse("2026-11-23T18:28:23.000Z");

/** The route of a request through one Executor. */
export function route(executor: string, error?: Route["error"]): Route {
  return { executor, startTime: AT, endTime: AT, ...(error && { error }) };
}

/** An answer of one Executor that has handled the request. */
export function done(more: Partial<FlowResult> = {}): FlowResult {
  return {
    kind: "done",
    requestId: "r",
    endpoint: "/foo",
    docs: '[{"id":"a","text":"answered"}]',
    routes: [route("executor0")],
    results: [],
    ...more,
  };
}

/** Endpoints as an Executor binds them. */
export function endpointsOf(...paths: string[]): EndpointInfo[] {
  return paths.map((path) => ({ path, method: "handle" }));
}

/** An app over a backend, and the errors of the app. */
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
