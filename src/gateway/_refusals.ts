import type { Context } from "hono";
import { tooLarge } from "./_body.ts";
import { isForOwnPage, isPrivate } from "./_private.ts";
import { foreignPage, hostOf, needsPermission } from "./_origin.ts";
import type { GatewayOptions } from "./gateway_options.ts";
import { detail } from "./respond.ts";

/** Local hosts; Jina's clients use `0.0.0.0` for this machine. */
const LOCAL = /^(?:localhost|127\.\d+\.\d+\.\d+|0\.0\.0\.0|\[::1?\]|[^:/]+\.localhost)(?::\d+)?$/i;

/** Addresses, names without a dot, and names of local networks: no public DNS leads to a machine by these. */
const NOT_PUBLIC = /^(?:[\d.]+|\[[\da-f:.]+\]|[^.:]+|[^:]+\.(?:local|internal|lan|home\.arpa))(?::\d+)?$/i;

/**
 * Whether a page elsewhere can have given its own host name to this machine, and so reads as a page of this origin.
 *
 * @param own The host that the Flow listens on.
 */
export function isForeignHost(host: string | null, own: string | undefined): boolean {
  if (host === null || LOCAL.test(host) || NOT_PUBLIC.test(host)) return false;
  return host.replace(/:\d+$/, "").toLowerCase() !== own?.toLowerCase();
}

/**
 * Finds the answer to requests that a handler must not get. A page elsewhere can resolve its own host name to this
 * machine; its requests then carry that name. Without `cors`, a page elsewhere must not make the browser of its reader
 * send requests, even if it cannot read the answers; in an app, the app decides where browsers ask for permission. A
 * body whose stated length is over the limit is not read; one of unknown length is counted while it is read.
 */
export function refusals(options: GatewayOptions): (c: Context) => Response | undefined {
  const { bodyLimit: maxSize, localOnly, isMounted, cors } = options;
  return (c) => {
    const host = hostOf(c.req.raw);
    if (localOnly && host !== null && !LOCAL.test(host)) {
      const fix = "give the Flow another `host` to serve it";
      return detail(403, `Forbidden: the host "${host}" is not local; ${fix}`);
    }
    const isAllowed = (cors && !isPrivate(c)) ||
      (isMounted && needsPermission(c.req.raw) && !isForOwnPage(c));
    const page = isAllowed ? undefined : foreignPage(c.req.raw, host);
    if (page !== undefined) {
      const what =
        `the page that sent the request is of another origin, "${page}", than this Flow at "${host}"`;
      const fix = isForOwnPage(c) || (!isMounted && isPrivate(c))
        ? "only pages of the Flow itself may read this"
        : isMounted
        ? 'send it with "content-type: application/json", so that the browser asks the app around the Flow'
        : "give the Flow `cors: true` to answer pages of any origin, such as other ports of this machine";
      return detail(403, `Forbidden: ${what}; ${fix}`);
    }
    return Number(c.req.raw.headers.get("content-length")) > maxSize ? tooLarge(maxSize) : undefined;
  };
}
