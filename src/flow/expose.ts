import { type ExposedRoute, FIXED } from "../gateway/routes.ts";
import { checkKeys, invalidArgument, preview } from "../errors/mod.ts";

/** A method that an endpoint can be exposed with. */
export type HttpMethod = "GET" | "POST" | "PUT" | "PATCH" | "DELETE";

/** How an endpoint is exposed over HTTP. */
export interface ExposeOptions {
  /** The path. @default the endpoint */
  httpPath?: string;
  /** The methods. A request without a body has no documents. @default ["POST"] */
  methods?: readonly HttpMethod[];
  /** What it does, in a few words. */
  summary?: string;
}

const KEYS: readonly (keyof ExposeOptions)[] = ["httpPath", "methods", "summary"];
const METHODS: readonly string[] = ["GET", "POST", "PUT", "PATCH", "DELETE"] satisfies HttpMethod[];

/** Checks the options, and returns the route. */
export function routeOf(
  endpoint: string,
  options: ExposeOptions,
  taken: readonly ExposedRoute[],
): ExposedRoute {
  checkKeys("expose an endpoint with", options, KEYS);
  if (typeof endpoint !== "string" || !endpoint.startsWith("/")) {
    throw wrong(`the endpoint ${preview(endpoint)}: expected a path that begins with "/", such as "/search"`);
  }
  const { httpPath: path = endpoint, summary } = options;
  if (typeof path !== "string" || !/^\/[^\s?#:*{}\\]*$/.test(path)) {
    throw wrong(`${endpoint} at ${preview(path)}: expected a plain path, such as "/api/search"`);
  }
  if (summary !== undefined && typeof summary !== "string") {
    throw wrong(`${endpoint} with the summary ${preview(summary)}: expected a string`);
  }
  const methods = methodsOf(endpoint, options.methods ?? ["POST"]);
  const clash = methods.find((method) =>
    FIXED[path] === method || taken.some((route) => route.path === path && route.methods.includes(method))
  );
  if (clash !== undefined) {
    throw wrong(`${endpoint} at ${clash} ${path}: it is taken; choose another httpPath or method`);
  }
  return { endpoint, path, methods, ...(summary !== undefined && { summary }) };
}

function methodsOf(endpoint: string, methods: unknown): string[] {
  if (!Array.isArray(methods) || methods.length === 0) {
    throw wrong(`${endpoint} with methods ${preview(methods)}: expected an array of methods`);
  }
  const checked = methods.map((method) => {
    const upper = String(method).toUpperCase();
    if (METHODS.includes(upper)) return upper;
    throw wrong(`${endpoint} with the method ${preview(method)}: expected one of ${METHODS.join(", ")}`);
  });
  return [...new Set(checked)];
}

function wrong(what: string): Error {
  return invalidArgument(`Cannot expose ${what}`);
}
