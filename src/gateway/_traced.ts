import { tracing } from "../trace/tracing.ts";

/** Answers a request in a server span, where there is tracing. */
export function traced(
  request: Request,
  answer: () => Response | Promise<Response>,
): Response | Promise<Response> {
  if (tracing === undefined) return answer();
  const { method, url, headers } = request;
  const attributes = { "http.request.method": method, "url.path": new URL(url).pathname };
  const read = (name: string) => headers.get(name);
  return tracing.serve(
    method,
    attributes,
    read,
    answer,
    ({ status }) => ({ "http.response.status_code": status }),
  );
}
