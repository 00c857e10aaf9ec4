import type { Context } from "hono";
import { asksForPage } from "./_private.ts";
import type { Backend } from "./backend.ts";
import type { GatewayOptions } from "./gateway_options.ts";
import { detail, jsonText } from "./respond.ts";
import { EVENT_STREAM } from "./streaming.ts";

const EVENT_HEADERS = {
  "content-type": EVENT_STREAM,
  "cache-control": "no-store",
  "x-content-type-options": "nosniff",
  // Proxies must not hold events back.
  "x-accel-buffering": "no",
};

/**
 * Where `/docs` has gone, relative to it: the Flow may be below a path of an app. It has no fragment, so that browsers
 * keep that of a link to an endpoint.
 */
const TRY = "./?try";

/** The routes for people: the page, what it shows, and its former address. All are of the method GET. */
export function pageRoutes(
  { events }: Backend,
  { page }: GatewayOptions,
): Record<string, (c: Context) => Response | Promise<Response>> {
  const served = page === false ? undefined : events;
  return {
    "/": async (c) => {
      if (served === undefined || !asksForPage(c)) return jsonText("{}");
      // Most Flows are never asked for it.
      const { pageResponse } = await import("../page/page.ts");
      return await pageResponse();
    },
    "/events": (c) => {
      const stream = served?.open(c.req.header("last-event-id"));
      return stream === undefined ? notServed() : new Response(stream, { headers: EVENT_HEADERS });
    },
    "/docs": () =>
      served === undefined ? notServed() : new Response(null, { status: 302, headers: { location: TRY } }),
  };
}

function notServed(): Response {
  return detail(404, "Not Found: the page is off; give the Flow `page: true` to serve it");
}
