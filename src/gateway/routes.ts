/** Which paths there are, with which methods, for which endpoint. @module */
import { getPath } from "hono/utils/url";
import type { Backend } from "./backend.ts";

/** A way to an endpoint that the Flow was told to offer besides `POST /<endpoint>`. */
export interface ExposedRoute {
  readonly endpoint: string;
  readonly path: string;
  readonly methods: readonly string[];
  /** What it does, in a few words. */
  readonly summary?: string;
}

/** A method of a path. */
export interface Operation {
  readonly method: string;
  readonly path: string;
  /** What it asks for; left out where the body says it. */
  readonly endpoint?: string;
  readonly summary?: string;
}

/** Jina's fixed routes for data, with their methods; the path is the endpoint. */
export const DATA_ROUTES: Readonly<Record<string, string>> = {
  "/index": "POST",
  "/search": "POST",
  "/update": "PUT",
  "/delete": "DELETE",
};

/** Paths that are taken, whatever the Executors bind. */
export const FIXED: Readonly<Record<string, string>> = {
  "/": "GET",
  "/dry_run": "GET",
  "/status": "GET",
  "/openapi.json": "GET",
  "/docs": "GET",
  "/post": "POST",
};

/** Where the second generation of Jina serves its default handler. */
export const DEFAULT_PATH = "/default";

/** The endpoints that are reachable through `POST /post` only, each with the reason. */
export function hiddenEndpoints(endpoints: Iterable<string>): Map<string, string> {
  const hidden = new Map<string, string>();
  for (const endpoint of endpoints) {
    if (endpoint === "/") continue;
    if (Object.hasOwn(FIXED, endpoint)) hidden.set(endpoint, "is named like a route of the gateway");
    else if (!isPath(endpoint)) hidden.set(endpoint, "is not read as it is in a URL");
  }
  return hidden;
}

/** Whether a request can have an endpoint as its path: `/a?b`, `/%41` and `/a/../b` are others by then. */
function isPath(endpoint: string): boolean {
  return getPath(new Request(`http://localhost${endpoint}`)) === endpoint;
}

/** Whether some Executor answers an endpoint. */
export function isAnswered(endpoint: string, { endpoints, hasDefault }: Backend): boolean {
  return hasDefault || endpoints.has(endpoint);
}

/** Every way for documents into the Flow; the first one for a method and a path counts. */
export function dataOperations(backend: Backend, exposed: readonly ExposedRoute[]): Operation[] {
  const hidden = hiddenEndpoints(backend.endpoints);
  const bound = [...backend.endpoints, ...(backend.hasDefault ? ["/"] : [])]
    .filter((endpoint) => !hidden.has(endpoint));
  const all: Operation[] = [
    { method: "POST", path: "/post" },
    ...exposed.flatMap(({ methods, ...route }) => methods.map((method) => ({ ...route, method }))),
    ...bound.map((endpoint) => ({ method: "POST", path: endpoint, endpoint })),
    ...Object.entries(DATA_ROUTES).map(([path, method]) => ({ method, path, endpoint: path })),
  ];
  return [...new Map(all.reverse().map((one) => [`${one.method} ${one.path}`, one])).values()].reverse();
}

/** The methods that a path knows; none when there is no such path. */
export function methodsOf(path: string, backend: Backend, exposed: readonly ExposedRoute[]): string[] {
  const fixed = Object.hasOwn(FIXED, path) ? [FIXED[path]] : [];
  const data = dataOperations(backend, exposed).filter((operation) => operation.path === path);
  return [...new Set([...fixed, ...data.map(({ method }) => method)])];
}
