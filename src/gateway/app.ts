import { type Context, Hono, type MiddlewareHandler } from "hono";
import type { HTTPResponseError } from "hono/types";
import { cors } from "hono/cors";
import { isBound, isListed } from "../protocol/endpoint_info.ts";
import { newId } from "../document/ids.ts";
import { isGrpc, refuseGrpc } from "./_grpc_refusal.ts";
import { checked, unread } from "./_middleware.ts";
import { pageRoutes } from "./_page_routes.ts";
import { isPrivate } from "./_private.ts";
import { refusals } from "./_refusals.ts";
import type { Backend } from "./backend.ts";
import { readBody } from "./_body.ts";
import type { Env, GatewayOptions } from "./gateway_options.ts";
import { openApi } from "./openapi.ts";
import { detail, type HttpRequest, jsonText, readinessJson, respond, unknownEndpoint } from "./respond.ts";
import { DATA_ROUTES, DEFAULT_PATH, FIXED, methodsOf } from "./routes.ts";
import { stream, wantsStream } from "./streaming.ts";
import { RequestTimeouts } from "./request_timeouts.ts";
import { isUpgrade } from "./_upgrade.ts";
import { headerOf, WebSockets } from "./websocket.ts";

type Handler = (c: Context<Env>) => Response | Promise<Response>;
/** Answers a request for documents; without an endpoint, the body names it. */
type Serve = (c: Context<Env>, endpoint?: string) => Promise<Response>;

const METRICS_TYPE = { "content-type": "text/plain; version=0.0.4; charset=utf-8" };

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
  const { exposed = [], middleware = [] } = options;
  const serve = serving(backend, options);
  const refusal = refusals(options);
  // First, so that a page can read error responses, too.
  if (options.cors) app.use(corsForPublic());
  if (middleware.length > 0) {
    // The host is checked first.
    app.use(async (c, next) => {
      c.set("startedAt", performance.now());
      return refusal(c) ?? void await next();
    });
    app.use(...middleware.map(checked) as [MiddlewareHandler]);
  }
  // Each handler is guarded on its own: middleware would make Hono compose handlers for each request.
  const guarded = middleware.length > 0
    ? withPrepared
    : (handler: Handler): Handler => (c) => refusal(c) ?? handler(c);
  const orSocket = (handler: Handler) =>
    guarded((c) => isUpgrade(c.req.raw) ? sockets.upgrade(c) : handler(c));

  for (const { methods, path, endpoint } of exposed) {
    app.on([...methods], path, orSocket((c) => serve(c, endpoint)));
  }
  for (const [path, handler] of Object.entries(ownRoutes(backend, options))) app.get(path, orSocket(handler));
  app.post("/post", guarded((c) => serve(c)));
  for (const [path, method] of Object.entries(DATA_ROUTES)) {
    app.on(method, path, guarded((c) => serve(c, path)));
  }
  app.notFound(guarded(unrouted(backend, options, serve, sockets)));
  app.onError((error, c) => withPrepared(() => errorResponse(error, options))(c));
  return app;
}

/** Sends requests for documents to the Executors. */
function serving(backend: Backend, options: GatewayOptions): Serve {
  const timeouts = new RequestTimeouts(options.timeout);
  const hasMiddleware = Boolean(options.middleware?.length);
  return async (c, endpoint) => {
    const startTime = Date.now();
    // Before the middleware, if there is any.
    const startedAt = c.get("startedAt") ?? performance.now();
    const id = newId();
    const body = await readBody(hasMiddleware ? await unread(c) : c.req.raw, options);
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
}

/** The routes without documents, all of the method GET. */
function ownRoutes(backend: Backend, options: GatewayOptions): Record<string, Handler> {
  const { exposed = [] } = options;
  return {
    "/dry_run": () => jsonText(readinessJson(backend)),
    "/status": (c) => c.json(backend.status() as Record<string, unknown>),
    "/metrics": async (c) => c.body(await backend.metrics(), 200, METRICS_TYPE),
    "/openapi.json": () => jsonText(JSON.stringify(openApi(backend, exposed))),
    ...pageRoutes(backend, options),
  };
}

/** Answers where the app has no route: those of endpoints are none, since they may change with each reload. */
function unrouted(
  backend: Backend,
  { exposed = [], onGrpc }: GatewayOptions,
  serve: Serve,
  sockets: WebSockets,
): Handler {
  return (c) => {
    const { path, method } = c.req;
    if (isGrpc(c.req.raw)) {
      onGrpc?.();
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
  };
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

/** The response to an error; middleware refuses requests with one that has its own. */
function errorResponse(error: Error | HTTPResponseError, { onError }: GatewayOptions): Response {
  if ("getResponse" in error) return error.getResponse();
  onError(error);
  return detail(500, `the gateway failed: ${error.message}`);
}

/** Lets pages of all origins read responses to what is not private; that to an accepted upgrade cannot be changed. */
function corsForPublic(): MiddlewareHandler {
  const withCors = cors();
  return (c, next) => isUpgrade(c.req.raw) || isPrivate(c) ? next() : withCors(c, next);
}

/** Adds the headers that middleware has set before a handler, as `c.header()` does, to its response. */
function withPrepared(handler: Handler): Handler {
  return async (c) => {
    const response = await handler(c);
    return c.newResponse(response.body, response);
  };
}
