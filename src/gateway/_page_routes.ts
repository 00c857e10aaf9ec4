import type { Context } from "hono";
import { isForeignHost } from "./_refusals.ts";
import { hostOf } from "./_origin.ts";
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
  { page, isMounted, host: own }: GatewayOptions,
): Record<string, (c: Context) => Response | Promise<Response>> {
  const served = page === false ? undefined : events;
  const refused = (c: Context) => {
    const host = hostOf(c.req.raw);
    return !isMounted && isForeignHost(host, own) ? foreign(host) : undefined;
  };
  return {
    "/": async (c) => {
      if (served === undefined || !asksForPage(c)) return jsonText("{}");
      // Most Flows are never asked for it.
      return refused(c) ?? (await import("../page/page.ts")).pageResponse();
    },
    "/events": (c) => {
      if (served === undefined) return notServed();
      return refused(c) ??
        new Response(served.open(lastIdOf(c)), { headers: EVENT_HEADERS });
    },
    "/docs": (c) => {
      if (served === undefined) return notServed();
      return refused(c) ?? new Response(null, { status: 302, headers: { location: TRY } });
    },
  };
}

/** The header is newer than the address, which a browser keeps when it connects again. */
function lastIdOf({ req }: Context): string | undefined {
  return req.header("last-event-id") ?? req.query("lastEventId");
}

function notServed(): Response {
  return detail(404, "Not Found: the page is off; give the Flow `page: true` to serve it");
}

function foreign(host: string | null): Response {
  const fix = "open it by the IP address, or let the proxy in front send `Host: localhost`";
  return detail(403, `Forbidden: the page is not for the host "${host}", which may be a page's own; ${fix}`);
}
