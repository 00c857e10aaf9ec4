/** The routes of the gateway: paths and methods, and the endpoints that they lead to. @module */
import { getPath } from "hono/utils/url";
import type { EndpointInfo } from "../protocol/endpoint_info.ts";
import type { Backend } from "./backend.ts";

/** A route to an endpoint in addition to `POST /<endpoint>`. */
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
  /** Left out when the body names it. */
  readonly endpoint?: string;
  readonly summary?: string;
}

/** Jina's fixed data routes, with their methods; the path is the endpoint. */
export const DATA_ROUTES: Readonly<Record<string, string>> = {
  "/index": "POST",
  "/search": "POST",
  "/update": "PUT",
  "/delete": "DELETE",
};

/** The gateway's own routes, which no endpoint can have. */
export const FIXED: Readonly<Record<string, string>> = {
  "/": "GET",
  "/dry_run": "GET",
  "/status": "GET",
  "/openapi.json": "GET",
  "/docs": "GET",
  "/post": "POST",
};

/** The path of the default handler in Jina's second generation. */
export const DEFAULT_PATH = "/default";

/** The endpoints that are reachable through `POST /post` only, each with the reason. */
export function hiddenEndpoints(endpoints: readonly EndpointInfo[]): Map<string, string> {
  const hidden = new Map<string, string>();
  for (const { path: endpoint } of endpoints) {
    if (endpoint === "/") continue;
    if (Object.hasOwn(FIXED, endpoint)) hidden.set(endpoint, "is named like a route of the gateway");
    else if (!isPath(endpoint)) hidden.set(endpoint, "is not read as it is in a URL");
  }
  return hidden;
}

/** Whether an endpoint stays the same as the path of a URL: `/a?b`, `/%41` and `/a/../b` do not. */
function isPath(endpoint: string): boolean {
  return getPath(new Request(`http://localhost${endpoint}`)) === endpoint;
}

/** All routes for documents; the first one of a method and a path counts. */
export function dataOperations(backend: Backend, exposed: readonly ExposedRoute[]): Operation[] {
  const hidden = hiddenEndpoints(backend.endpoints);
  const bound = [...backend.endpoints.map(({ path }) => path), ...(backend.hasDefault ? ["/"] : [])]
    .filter((endpoint) => !hidden.has(endpoint));
  const all: Operation[] = [
    { method: "POST", path: "/post" },
    ...exposed.flatMap(({ methods, ...route }) => methods.map((method) => ({ ...route, method }))),
    ...bound.map((endpoint) => ({ method: "POST", path: endpoint, endpoint })),
    ...Object.entries(DATA_ROUTES).map(([path, method]) => ({ method, path, endpoint: path })),
  ];
  return [...new Map(all.reverse().map((one) => [`${one.method} ${one.path}`, one])).values()].reverse();
}

/** The methods of a path; none when there is no such path. */
export function methodsOf(path: string, backend: Backend, exposed: readonly ExposedRoute[]): string[] {
  const fixed = Object.hasOwn(FIXED, path) ? [FIXED[path]] : [];
  const data = dataOperations(backend, exposed).filter((operation) => operation.path === path);
  return [...new Set([...fixed, ...data.map(({ method }) => method)])];
}
