import { isJson } from "./_body.ts";

/** The host that a request is for. Requests of HTTP/2 have it only in their URL. */
export function hostOf({ headers, url }: Request): string | null {
  const host = headers.get("host");
  if (host !== null) return host;
  return URL.canParse(url) ? new URL(url).host : null;
}

/**
 * Finds the page of another origin that made a browser send a request. Programs other than browsers do not send the
 * headers that this reads, and pages cannot set them.
 *
 * @returns The page's origin, or `another site` when only that is known; `undefined` when there is no such page.
 */
export function foreignPage({ headers, method }: Request, host: string | null): string | undefined {
  const origin = headers.get("origin");
  if (origin !== null && isAt(origin, host)) return undefined;
  const site = headers.get("sec-fetch-site");
  // A proxy between the browser and this server may have changed the host.
  if (site === "same-origin") return undefined;
  if (origin !== null) return origin;
  // Browsers send no origin with images, scripts and the like. Following a link to this server is allowed.
  const isForeign = site === "cross-site" || site === "same-site";
  const isLink = method === "GET" && headers.get("sec-fetch-dest") === "document";
  return isForeign && !isLink ? "another site" : undefined;
}

/**
 * Whether a page of another origin needs the permission of the app to send this request, or to read its answer. Browsers
 * ask for permission before a request with JSON, or with a method other than GET, HEAD and POST.
 */
export function needsPermission({ headers, method }: Request): boolean {
  if (!headers.has("origin")) return false;
  return method !== "POST" || isJson(headers.get("content-type") ?? "");
}

/** Whether an origin has this host; behind a proxy that terminates TLS the schemes may differ. */
function isAt(origin: string, host: string | null): boolean {
  if (host === null) return false;
  if (origin === `http://${host}` || origin === `https://${host}`) return true;
  if (!URL.canParse(origin)) return false;
  const { protocol, host: own } = new URL(origin);
  const same = `${protocol}//${host}`;
  return own !== "" && URL.canParse(same) && new URL(same).host === own;
}
