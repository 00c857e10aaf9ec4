import { type Context, Hono, type MiddlewareHandler } from "hono";
import { bodyLimit } from "hono/body-limit";
import { newId } from "../document/ids.ts";
import type { Backend } from "./backend.ts";
import { detail, jsonText, respond, unknownEndpoint } from "./respond.ts";
import { Waiting } from "./waiting.ts";

/** What the gateway lets through. */
export interface GatewayOptions {
  /** The largest body, in bytes. */
  readonly bodyLimit: number;
  /** How long a request may take, in milliseconds. */
  readonly timeout?: number;
  /** Whether only requests to a local `Host` are answered. */
  readonly localOnly: boolean;
  /** Told of errors of the gateway itself. */
  onError(error: Error): void;
}

/** Jina's fixed routes for data, with their methods; the path is the endpoint. */
const DATA_ROUTES: Readonly<Record<string, string>> = {
  "/index": "POST",
  "/search": "POST",
  "/update": "PUT",
  "/delete": "DELETE",
};
/** Paths that are taken, whatever the Executors bind. */
const FIXED: Readonly<Record<string, string>> = {
  "/": "GET",
  "/dry_run": "GET",
  "/status": "GET",
  "/post": "POST",
};
/** `0.0.0.0` is what Jina's clients call this machine. */
const LOCAL = /^(?:localhost|127\.\d+\.\d+\.\d+|0\.0\.0\.0|\[::1?\]|[^:/]+\.localhost)(?::\d+)?$/i;

/** The endpoints that a fixed route hides: they are reachable through `POST /post` only. */
export function hiddenEndpoints(endpoints: Iterable<string>): string[] {
  return [...endpoints].filter((endpoint) => endpoint in FIXED && endpoint !== "/");
}

/**
 * The app in front of a Flow.
 *
 * @param backend The Flow.
 * @param options What to let through.
 * @returns The app; `app.request()` tries it without a port.
 */
export function createGateway(backend: Backend, options: GatewayOptions): Hono {
  const app = new Hono();
  const waiting = new Waiting(options.timeout);
  const serve = (c: Context, endpoint?: string) => answer(c, backend, waiting, endpoint);
  app.use(guard(options));

  app.get("/", () => jsonText("{}"));
  app.get("/dry_run", () => jsonText(JSON.stringify(dryRun(backend))));
  app.get("/status", (c) => c.json(backend.status() as Record<string, unknown>));
  app.post("/post", (c) => serve(c));
  app.post(
    "/",
    (c) => backend.hasDefault || backend.endpoints.has("/") ? serve(c, "/") : notAllowed("/"),
  );
  for (const [path, method] of Object.entries(FIXED)) {
    app.all(path, () => notAllowed(path, path === "/" && backend.hasDefault ? "GET, POST" : method));
  }
  for (const [path, method] of Object.entries(DATA_ROUTES)) {
    app.on(method, path, (c) => serve(c, path));
  }
  app.post("/*", (c) => named(c, backend, serve));
  app.notFound((c) => {
    const { path } = c.req;
    const method = DATA_ROUTES[path] ?? (backend.endpoints.has(path) ? "POST" : undefined);
    return method === undefined ? detail(404, "Not Found") : notAllowed(path, method);
  });
  app.onError((error) => {
    options.onError(error);
    return detail(500, `the gateway failed: ${error.message}`);
  });
  return app;
}

function notAllowed(path: string, allow = "GET"): Response {
  return detail(405, `Method Not Allowed: ${path} wants ${allow}`, { allow });
}

/** Every bound endpoint is a route of its own. */
function named(
  c: Context,
  backend: Backend,
  serve: (c: Context, endpoint?: string) => Promise<Response>,
): Promise<Response> | Response {
  const { path } = c.req;
  if (backend.endpoints.has(path)) return serve(c, path);
  if (path in DATA_ROUTES) return notAllowed(path, DATA_ROUTES[path]);
  // Nobody knows what a deployment that is down would bind.
  return backend.downReason === undefined ? unknownEndpoint(path, backend) : serve(c, path);
}

async function answer(c: Context, backend: Backend, waiting: Waiting, endpoint?: string): Promise<Response> {
  const startTime = Date.now();
  const type = c.req.raw.headers.get("content-type");
  if (type !== null && !/^application\/(?:[\w.+-]+\+)?json\b/i.test(type)) {
    const msg = `a JSON body is wanted, with "content-type: application/json": this one is "${type}"`;
    return detail(422, [{ loc: ["header", "content-type"], msg, type: "value_error.content_type" }]);
  }
  const body = await c.req.raw.text().catch(() => undefined);
  if (body === undefined) return detail(400, "the body ended before it was complete");
  const request = {
    body,
    requestId: newId(),
    ...(endpoint !== undefined && { endpoint }),
  };
  const pending = waiting.begin(c.req.raw);
  try {
    return respond(await backend.run(request, pending), request, backend, startTime);
  } finally {
    waiting.end(pending);
  }
}

function dryRun(backend: Backend): unknown {
  const reason = backend.downReason;
  if (reason === undefined) return { code: 0, description: "", exception: null };
  return {
    code: 1,
    description: reason,
    exception: { name: "DownError", args: [reason], stacks: [], executor: "" },
  };
}

/**
 * Refuses what must not come in. A page elsewhere can point its own host name at this machine; its requests carry
 * that name. A stated length is checked as it is; only a body of unknown length has to be counted while it comes in.
 */
function guard({ bodyLimit: maxSize, localOnly }: GatewayOptions): MiddlewareHandler {
  const tooLarge = () => detail(413, `Content Too Large: the body may have ${maxSize} bytes`);
  const count = bodyLimit({ maxSize, onError: tooLarge });
  return (c, next) => {
    const { headers, method } = c.req.raw;
    const host = headers.get("host");
    if (localOnly && host !== null && !LOCAL.test(host)) return Promise.resolve(foreign(host));
    const length = headers.get("content-length");
    if (length !== null) {
      return Number(length) > maxSize ? Promise.resolve(tooLarge()) : next() as Promise<void>;
    }
    return method === "GET" || method === "HEAD" ? next() : count(c, next);
  };
}

function foreign(host: string): Response {
  return detail(
    403,
    `Forbidden: the host "${host}" is not local; give the Flow another \`host\` to serve it`,
  );
}
