import { invalidArgument, preview } from "../errors/mod.ts";

/** Where an Executor runs that somebody else has started. */
export interface RemoteAddress {
  /** As it was given, such as `grpc://10.0.0.5:54321`. */
  readonly url: string;
  /** The host, an IPv6 address in brackets, and the port. */
  readonly authority: string;
  /** Whether the connection is encrypted. */
  readonly tls: boolean;
  /** The host's name and the port, of an IP address that the name was resolved to. */
  readonly name?: string;
  /** The only IP address that its host's name stood for. */
  readonly ip?: string;
}

const REMOTE = /^grpcs?:/i;
const EXPECTED = 'expected "grpc://HOST:PORT" or "grpcs://HOST:PORT", such as "grpc://10.0.0.5:54321"';

/** Whether `uses` names an Executor elsewhere: an address, or a list. */
export function isRemote(uses: unknown): boolean {
  return Array.isArray(uses) ||
    ((typeof uses === "string" || uses instanceof URL) && REMOTE.test(String(uses)));
}

/**
 * The addresses in `uses`; `undefined` when it names no Executor elsewhere.
 *
 * @throws {TypeError} When one of them is invalid.
 */
export function remoteAddresses(uses: unknown): readonly RemoteAddress[] | undefined {
  if (!isRemote(uses)) return undefined;
  const urls = [uses].flat().map(String);
  if (urls.length === 0) throw invalidArgument(`Cannot use an empty list: ${EXPECTED}`);
  const addresses = urls.map(remoteAddress);
  const twice = addresses.find(({ authority }, at) =>
    addresses.findIndex((other) => other.authority === authority) < at
  );
  if (twice === undefined) return addresses;
  throw invalidArgument(`Cannot use "${twice.url}" twice: expected a list of different addresses`);
}

function remoteAddress(text: string): RemoteAddress {
  const [, scheme, rest = "", port] = /^(grpcs?):\/\/(.*?:(\d+))\/?$/i.exec(text) ?? [];
  // Of other schemes, `URL` knows neither a default port nor what a host is.
  const url = URL.canParse(`http://${rest}`) ? new URL(`http://${rest}`) : undefined;
  const isWhole = url !== undefined && Number(port) > 0 && url.pathname === "/" &&
    url.search + url.hash + url.username === "";
  if (!isWhole) throw invalidArgument(`Cannot use "${preview(text)}": ${EXPECTED}`);
  const tls = scheme.toLowerCase() === "grpcs";
  const authority = `${url.hostname}:${Number(port)}`;
  return { url: `grpc${tls ? "s" : ""}://${authority}`, authority, tls };
}
