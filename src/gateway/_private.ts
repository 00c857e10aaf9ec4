/** What no page of another origin may read, whatever `cors` says: logs, sources, and the state of the Flow. @module */
import { accepts } from "hono/accepts";
import type { Context } from "hono";

const PATHS: readonly string[] = ["/events", "/status", "/metrics"];

/** Whether a client asks for the page: a browser does when it opens `/`. */
export function asksForPage(c: Context): boolean {
  const { path, method } = c.req;
  if (path !== "/" || (method !== "GET" && method !== "HEAD")) return false;
  const supports = ["application/json", "text/html"];
  return accepts(c, { header: "Accept", supports, default: supports[0] }) === "text/html";
}

/** Whether `cors` does not apply to a request. */
export function isPrivate(c: Context): boolean {
  return PATHS.includes(c.req.path) || asksForPage(c);
}

/** Whether an app around the Flow cannot permit it to pages of other origins either. */
export function isForOwnPage(c: Context): boolean {
  return c.req.path === "/events" || asksForPage(c);
}
