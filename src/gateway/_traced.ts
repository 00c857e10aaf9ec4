import { tracing } from "../trace/tracing.ts";
import { type Bindings, isListed } from "../protocol/endpoint_info.ts";
import { isUpgrade } from "./_upgrade.ts";
import { DATA_ROUTES, DEFAULT_PATH, type ExposedRoute, FIXED } from "./routes.ts";

/** The status of an upgrade that was accepted; Node and Bun send it themselves, and the response has another one. */
const SWITCHING_PROTOCOLS = 101;

/**
 * Answers a request in a server span, where there is tracing.
 *
 * @param isOwn Whether the active span is the runtime's for this request; otherwise it is another app's.
 */
export function tracedRequest(
  request: Request,
  answer: () => Response | Promise<Response>,
  backend: Bindings | undefined,
  exposed: readonly ExposedRoute[] = [],
  isOwn = false,
): Response | Promise<Response> {
  if (tracing.spans === undefined) return answer();
  const { method, url, headers } = request;
  const path = new URL(url).pathname;
  const isNamed = isRoute(method, path, backend, exposed);
  const served = {
    name: isNamed ? `${method} ${path}` : method,
    attributes: { "http.request.method": method, "url.path": path, ...(isNamed && { "http.route": path }) },
    header: (name: string) => headers.get(name),
    endOf: (response?: Response) => {
      if (response === undefined) return { isFault: true };
      const status = isUpgrade(request) && response.ok ? SWITCHING_PROTOCOLS : response.status;
      return { attributes: { "http.response.status_code": status }, isFault: status >= 500 };
    },
  };
  return tracing.spans.serve(served, answer, isOwn ? tracing.spans.openSpan : undefined);
}

/** Answers a message of a WebSocket in a server span of its own, where there is tracing. */
export function tracedMessage<T extends { readonly isFault?: boolean }>(
  header: (name: string) => string | undefined,
  answer: () => Promise<T>,
): Promise<T> {
  if (tracing.spans === undefined) return answer();
  const attributes = { "network.protocol.name": "websocket", "url.path": "/" };
  const endOf = (reply?: T) => ({ isFault: reply?.isFault ?? reply === undefined });
  return tracing.spans.serveAlone({ name: "WebSocket message", attributes, header, endOf }, answer);
}

/** Whether a path is a route, and may be in the name of a span: clients may ask for any path. */
function isRoute(
  method: string,
  path: string,
  backend: Bindings | undefined,
  exposed: readonly ExposedRoute[],
): boolean {
  if (FIXED[path] === method || DATA_ROUTES[path] === method) return true;
  if (exposed.some((route) => route.path === path && route.methods.includes(method))) return true;
  return method === "POST" && backend !== undefined && (isListed(path, backend) || path === DEFAULT_PATH);
}
