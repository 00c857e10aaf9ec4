import type { Call } from "../protocol/protocol.ts";
import type { RequestContext } from "../protocol/request_context.ts";
import type { Loaded } from "./version.ts";

/**
 * Adds the headers to a call that its endpoint asks for. As long as the endpoint is only in the body, those that any
 * endpoint asks for: the worker gives each handler its own.
 */
export function withHeaders(call: Call, { header }: RequestContext, loaded: Loaded | undefined): Call {
  if (loaded?.headers === undefined || header === undefined || call.parseOnly) return call;
  const endpoint = call.envelope?.endpoint ?? call.endpoint;
  const listed = loaded.endpoints.find(({ path }) => path === endpoint);
  const names = listed === undefined ? loaded.headers : listed.headers ?? [];
  const headers = names.map((name) => [name, header(name)]).filter(([, value]) => value !== undefined);
  return headers.length === 0 ? call : { ...call, headers: Object.fromEntries(headers) };
}
