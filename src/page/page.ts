/** The page for browsers. */
export function pageResponse(): Promise<Response> {
  const headers = { "content-type": "text/html; charset=utf-8", "cache-control": "no-store" };
  return Promise.resolve(new Response("<!doctype html><title>hotflow</title>", { headers }));
}
