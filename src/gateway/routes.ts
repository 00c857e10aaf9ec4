/** The routes of the gateway: paths and methods, and the endpoints that they lead to. @module */
import { getPath } from "hono/utils/url";
import type { EndpointInfo } from "../protocol/endpoint_info.ts";
import type { Backend } from "./backend.ts";

/** A route to an endpoint in addition to `POST /<endpoint>`. */
export interface ExposedRoute {
  readonly endpoint: string;
  readonly path: string;
  readonly methods: readonly string[];
  readonly summary?: string;
}

/** A method of a path; its endpoint is left out when the body names it. */
export type Operation = Pick<ExposedRoute, "path" | "summary"> & {
  readonly method: string;
  readonly endpoint?: string;
};

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
  "/metrics": "GET",
  "/events": "GET",
  "/openapi.json": "GET",
  "/docs": "GET",
  "/post": "POST",
};

/** The path of the default handler in Jina's second generation. */
export const DEFAULT_PATH = "/default";

/** The endpoints that are reachable through `POST /post` only, each with the reason. */
export function hiddenEndpoints(endpoints: readonly EndpointInfo[]): Map<string, string> {
  const hidden = new Map<string, string>();
  for (const { path } of endpoints) {
    if (path === "/") continue;
    if (Object.hasOwn(FIXED, path)) hidden.set(path, "is named like a route of the gateway");
    // For example `/a?b`, `/%41` and `/a/../b`.
    else if (getPath(new Request(`http://localhost${path}`)) !== path) {
      hidden.set(path, "is not read as it is in a URL");
    }
  }
  return hidden;
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
