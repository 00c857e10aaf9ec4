import { type Context, Hono, type MiddlewareHandler } from "hono";
import type { HTTPResponseError } from "hono/types";
import { cors } from "hono/cors";
import { isBound, isListed } from "../protocol/endpoint_info.ts";
import type { SocketServer } from "../runtime/mod.ts";
import { newId } from "../document/ids.ts";
import { isGrpc, refuseGrpc } from "./_grpc_refusal.ts";
import { foreignPage, hostOf, needsPermission } from "./_origin.ts";
import type { Backend } from "./backend.ts";
import { readBody, tooLarge } from "./_body.ts";
import { docsPage } from "./docs_page.ts";
import { openApi } from "./openapi.ts";
import { detail, type HttpRequest, jsonText, readinessJson, respond, unknownEndpoint } from "./respond.ts";
import { DATA_ROUTES, DEFAULT_PATH, type ExposedRoute, FIXED, methodsOf } from "./routes.ts";
import { stream, wantsStream } from "./streaming.ts";
import { RequestTimeouts } from "./request_timeouts.ts";
import { isUpgrade } from "./_upgrade.ts";
import { headerOf, WebSockets } from "./websocket.ts";

/** Which requests the gateway answers. */
export interface GatewayOptions {
  /** The largest body, in bytes, before and after it is inflated. */
  readonly bodyLimit: number;
  /** How long a request may take, in milliseconds. */
  readonly timeout?: number;
  /** Whether only requests to a local `Host` are answered. */
  readonly localOnly: boolean;
  /** Whether an app around the gateway gives pages of other origins their permission. */
  readonly isMounted?: boolean;
  /** Whether pages of other origins may send requests, without credentials; otherwise they get 403. */
  readonly cors?: boolean;
  /** What requests pass after the check of their host. */
  readonly middleware?: readonly MiddlewareHandler[];
  readonly exposed?: readonly ExposedRoute[];
  onError(error: Error): void;
  /** Called when a gRPC client has sent a request, which is refused. */
  onGrpc?(): void;
}

/** What the runtime passes with each request. */
type Env = { Bindings: SocketServer };

const METRICS_TYPE = { "content-type": "text/plain; version=0.0.4; charset=utf-8" };

/** Local hosts; Jina's clients use `0.0.0.0` for this machine. */
const LOCAL = /^(?:localhost|127\.\d+\.\d+\.\d+|0\.0\.0\.0|\[::1?\]|[^:/]+\.localhost)(?::\d+)?$/i;

/**
 * Creates the HTTP app of a Flow; `app.request()` sends it a request without a port.
 *
 * @param sockets Its WebSockets, which whoever closes the Flow closes.
 */
export function createGateway(
  backend: Backend,
  options: GatewayOptions,
  sockets: WebSockets = new WebSockets(backend, options),
): Hono<Env> {
  const app = new Hono<Env>();
  const timeouts = new RequestTimeouts(options.timeout);
  const { exposed = [], bodyLimit } = options;
  const hasMiddleware = Boolean(options.middleware?.length);
  const serve = async (c: Context, endpoint?: string): Promise<Response> => {
    const startTime = Date.now();
    // Before the middleware, if there is any.
    const startedAt: number = c.get("startedAt") ?? performance.now();
    const id = newId();
    const body = await readBody(hasMiddleware ? await unread(c) : c.req.raw, bodyLimit);
    if (typeof body !== "string") return body;
    const request: HttpRequest = { id, startTime, body, ...(endpoint !== undefined && { endpoint }) };
    const header = headerOf(c.req.raw.headers);
    if (wantsStream(c)) return await stream(c.req.raw, request, backend, timeouts, { header, startedAt });
    const cancel = timeouts.begin(c.req.raw);
    try {
      return respond(await backend.run(request, { id, startedAt, cancel, header }), request, backend);
    } finally {
      timeouts.end(cancel);
    }
  };
  // First, so that a page can read error responses, too.
  if (options.cors) {
    const withCors = cors();
    // The response to an accepted upgrade cannot be changed.
    app.use((c, next) => isUpgrade(c.req.raw) ? next() : withCors(c, next));
  }

  const refusal = refusals(options);
  if (hasMiddleware) {
    // The host is checked first.
    app.use(async (c: Context, next) => {
      c.set("startedAt", performance.now());
      return refusal(c) ?? void await next();
    });
    app.use(...options.middleware as readonly MiddlewareHandler[] as [MiddlewareHandler]);
  }

  // Each handler is guarded on its own: middleware would make Hono compose handlers for each request.
  const guarded = hasMiddleware
    ? withPrepared
    : (handler: Handler): Handler => (c) => refusal(c) ?? handler(c);
  const orSocket = (handler: Handler) =>
    guarded((c) => isUpgrade(c.req.raw) ? sockets.upgrade(c) : handler(c));
  for (const { methods, path, endpoint } of exposed) {
    app.on([...methods], path, orSocket((c) => serve(c, endpoint)));
  }
  app.get("/", orSocket(() => jsonText("{}")));
  app.get("/dry_run", orSocket(() => jsonText(readinessJson(backend))));
  app.get("/status", orSocket((c) => c.json(backend.status() as Record<string, unknown>)));
  app.get("/metrics", orSocket(async (c) => c.body(await backend.metrics(), 200, METRICS_TYPE)));
  app.get("/openapi.json", orSocket(() => jsonText(JSON.stringify(openApi(backend, exposed)))));
  app.get("/docs", orSocket(docsPage));
  app.post("/post", guarded((c) => serve(c)));
  for (const [path, method] of Object.entries(DATA_ROUTES)) {
    app.on(method, path, guarded((c) => serve(c, path)));
  }
  // Not routes of the app, since the endpoints may change with each reload.
  app.notFound(guarded((c) => {
    const { path, method } = c.req;
    if (isGrpc(c.req.raw)) {
      options.onGrpc?.();
      return refuseGrpc();
    }
    if (method === "POST" && isRoute(path, backend)) return serve(c, path);
    if (isUpgrade(c.req.raw)) return sockets.upgrade(c);
    const methods = methodsOf(path, backend, exposed);
    if (methods.length > 0) {
      const allow = methods.join(", ");
      return detail(405, `Method Not Allowed: ${path} allows ${allow}`, { allow });
    }
    return method === "POST" ? unknownEndpoint(path, backend) : detail(404, "Not Found");
  }));
  app.onError((error, c) => {
    // Middleware refuses requests with it.
    const isRefusal = "getResponse" in error;
    if (!isRefusal) options.onError(error);
    const response = isRefusal
      ? (error as HTTPResponseError).getResponse()
      : detail(500, `the gateway failed: ${error.message}`);
    return withPrepared(() => response)(c);
  });
  return app;
}

/** Whether a path is the route of an endpoint: each bound endpoint is one, unless a fixed route hides it. */
function isRoute(path: string, backend: Backend): boolean {
  if (path !== "/" && Object.hasOwn(FIXED, path)) return false;
  const isNow = path === "/"
    ? isBound("/", backend)
    : isListed(path, backend) || (path === DEFAULT_PATH && backend.hasDefault);
  if (isNow) return true;
  // A deployment that is down may bind any endpoint once it is loaded.
  return backend.downReason !== undefined && !Object.hasOwn(DATA_ROUTES, path);
}

type Handler = (c: Context<Env>) => Response | Promise<Response>;

/** A request whose body was not read: middleware may have read it, and Hono then has it in its cache. */
async function unread({ req }: Context): Promise<Request> {
  if (Object.keys(req.bodyCache).length === 0) return req.raw;
  const { url, method, headers } = req.raw;
  // Bytes, which get no content type of their own.
  return new Request(url, { method, headers, body: await req.arrayBuffer() });
}

/** Adds the headers that middleware has set before a handler, as `c.header()` does, to its response. */
function withPrepared(handler: Handler): Handler {
  return async (c) => {
    const response = await handler(c);
    return c.newResponse(response.body, response);
  };
}

/**
 * Finds the answer to requests that a handler must not get. A page elsewhere can resolve its own host name to this
 * machine; its requests then carry that name. Without `cors`, a page elsewhere must not make the browser of its reader
 * send requests, even if it cannot read the answers; in an app, the app decides where browsers ask for permission. A
 * body whose stated length is over the limit is not read; one of unknown length is counted while it is read.
 */
function refusals(options: GatewayOptions): (c: Context) => Response | undefined {
  const { bodyLimit: maxSize, localOnly, isMounted, cors } = options;
  return (c) => {
    const host = hostOf(c.req.raw);
    if (localOnly && host !== null && !LOCAL.test(host)) {
      const fix = "give the Flow another `host` to serve it";
      return detail(403, `Forbidden: the host "${host}" is not local; ${fix}`);
    }
    const isAllowed = cors || (isMounted && needsPermission(c.req.raw));
    const page = isAllowed ? undefined : foreignPage(c.req.raw, host);
    if (page !== undefined) {
      const what =
        `the page that sent the request is of another origin, "${page}", than this Flow at "${host}"`;
      const fix = isMounted
        ? 'send it with "content-type: application/json", so that the browser asks the app around the Flow'
        : "give the Flow `cors: true` to answer pages of any origin, such as other ports of this machine";
      return detail(403, `Forbidden: ${what}; ${fix}`);
    }
    return Number(c.req.raw.headers.get("content-length")) > maxSize ? tooLarge(maxSize) : undefined;
  };
}
