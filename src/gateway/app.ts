import { type Context, Hono } from "hono";
import { cors } from "hono/cors";
import { newId } from "../document/ids.ts";
import { foreignPage, hostOf } from "./_origin.ts";
import type { Backend } from "./backend.ts";
import { readBody, tooLarge } from "./_body.ts";
import { docsPage } from "./docs_page.ts";
import { openApi } from "./openapi.ts";
import { detail, jsonText, respond, unknownEndpoint } from "./respond.ts";
import { DATA_ROUTES, DEFAULT_PATH, type ExposedRoute, FIXED, isAnswered, methodsOf } from "./routes.ts";
import { stream, wantsStream } from "./streaming.ts";
import { RequestTimeouts } from "./waiting.ts";

/** What the gateway lets through. */
export interface GatewayOptions {
  /** The largest body, in bytes, also when it is inflated. */
  readonly bodyLimit: number;
  /** How long a request may take, in milliseconds. */
  readonly timeout?: number;
  /** Whether only requests to a local `Host` are answered. */
  readonly localOnly: boolean;
  /** Whether pages of other origins may ask, without credentials. Otherwise they get 403. */
  readonly cors?: boolean;
  /** More ways to endpoints. */
  readonly exposed?: readonly ExposedRoute[];
  /** Told of errors of the gateway itself. */
  onError(error: Error): void;
}

/** `0.0.0.0` is what Jina's clients call this machine. */
const LOCAL = /^(?:localhost|127\.\d+\.\d+\.\d+|0\.0\.0\.0|\[::1?\]|[^:/]+\.localhost)(?::\d+)?$/i;

/**
 * The app in front of a Flow.
 *
 * @param backend The Flow.
 * @param options What to let through.
 * @returns The app; `app.request()` tries it without a port.
 */
export function createGateway(backend: Backend, options: GatewayOptions): Hono {
  const app = new Hono();
  const waiting = new RequestTimeouts(options.timeout);
  const serve = (c: Context, endpoint?: string) => answer(c, backend, waiting, options.bodyLimit, endpoint);
  const { exposed = [] } = options;
  // First, so that a page can read refusals too.
  if (options.cors) app.use(cors());

  // Each path has one handler, which guards itself: Hono then has nothing to compose for a request.
  const guarded = guard(options);
  for (const { methods, path, endpoint } of exposed) {
    app.on([...methods], path, guarded((c) => serve(c, endpoint)));
  }
  app.get("/", guarded(() => jsonText("{}")));
  app.get("/dry_run", guarded(() => jsonText(JSON.stringify(dryRun(backend)))));
  app.get("/status", guarded((c) => c.json(backend.status() as Record<string, unknown>)));
  app.get("/openapi.json", guarded(() => jsonText(JSON.stringify(openApi(backend, exposed)))));
  app.get("/docs", guarded(docsPage));
  app.post("/post", guarded((c) => serve(c)));
  for (const [path, method] of Object.entries(DATA_ROUTES)) {
    app.on(method, path, guarded((c) => serve(c, path)));
  }
  // What endpoints there are changes with each reload.
  app.notFound(guarded((c) => {
    const { path, method } = c.req;
    if (method === "POST" && isEndpoint(path, backend)) return serve(c, path);
    const methods = methodsOf(path, backend, exposed);
    if (methods.length > 0) return wrongMethod(path, methods);
    return method === "POST" ? unknownEndpoint(path, backend) : detail(404, "Not Found");
  }));
  app.onError((error) => {
    options.onError(error);
    return detail(500, `the gateway failed: ${error.message}`);
  });
  return app;
}

function wrongMethod(path: string, methods: readonly string[]): Response {
  const allow = methods.join(", ");
  return detail(405, `Method Not Allowed: ${path} wants ${allow}`, { allow });
}

/** Every bound endpoint is a route of its own, unless a fixed one hides it. */
function isEndpoint(path: string, backend: Backend): boolean {
  const { endpoints, hasDefault, downReason } = backend;
  if (path === "/") return isAnswered("/", backend);
  if (Object.hasOwn(FIXED, path)) return false;
  if (endpoints.has(path) || (hasDefault && path === DEFAULT_PATH)) return true;
  // Nobody knows what a deployment that is down would bind.
  return downReason !== undefined && !Object.hasOwn(DATA_ROUTES, path);
}

async function answer(
  c: Context,
  backend: Backend,
  waiting: RequestTimeouts,
  maxSize: number,
  endpoint?: string,
): Promise<Response> {
  const startTime = Date.now();
  const body = await readBody(c.req.raw, maxSize);
  if (typeof body !== "string") return body;
  const request = {
    body,
    requestId: newId(),
    ...(endpoint !== undefined && { endpoint }),
  };
  if (wantsStream(c)) return await stream(c.req.raw, request, backend, waiting, startTime);
  const pending = waiting.begin(c.req.raw);
  try {
    return respond(
      await backend.run(request, { id: request.requestId, cancel: pending }),
      request,
      backend,
      startTime,
    );
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

/** What answers a request. */
type Handler = (c: Context) => Response | Promise<Response>;

/**
 * Refuses what must not come in. A page elsewhere can point its own host name at this machine; its requests carry
 * that name. Without `cors`, a page elsewhere must not have its reader's browser ask either, even if it cannot read the
 * answer. A body whose stated length is over the limit is not read; one of unknown length is counted where it is read.
 */
function guard({ bodyLimit: maxSize, localOnly, cors }: GatewayOptions): (handler: Handler) => Handler {
  return (handler) => (c) => {
    const host = hostOf(c.req.raw);
    if (localOnly && host !== null && !LOCAL.test(host)) return refuseHost(host);
    const page = cors ? undefined : foreignPage(c.req.raw, host);
    if (page !== undefined) return refusePage(page, host);
    return Number(c.req.raw.headers.get("content-length")) > maxSize ? tooLarge(maxSize) : handler(c);
  };
}

function refuseHost(host: string): Response {
  return detail(
    403,
    `Forbidden: the host "${host}" is not local; give the Flow another \`host\` to serve it`,
  );
}

function refusePage(page: string, host: string | null): Response {
  return detail(
    403,
    `Forbidden: the page that asks is of another origin, "${page}", than this Flow at "${host}"; ` +
      "give the Flow `cors: true` to answer pages of any origin, other ports of this machine among them",
  );
}
