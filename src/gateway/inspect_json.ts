import type { Call, RequestFacts } from "../protocol/protocol.ts";

/** Reads what a call in JSON says of its request when no worker has answered it; nothing if it cannot be read. */
export function inspectJson({ body, branches = [body], envelope }: Call): RequestFacts {
  try {
    const value = JSON.parse(String(branches[0])) ?? {};
    if (envelope !== undefined) return { count: value.length };
    const { data, header } = value;
    const docs = data?.docs ?? data ?? [];
    const requestId = header?.requestId ?? header?.request_id;
    return {
      endpoint: String(value.execEndpoint ?? value.exec_endpoint ?? "/"),
      ...(typeof requestId === "string" && requestId !== "" && { requestId }),
      count: Array.isArray(docs) ? docs.length : Object.keys(docs).length === 0 ? 0 : 1,
    };
  } catch {
    return {};
  }
}
