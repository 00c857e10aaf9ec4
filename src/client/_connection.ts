import { checkKeys, invalidArgument, nearest } from "../errors/mod.ts";
import type { ClientOptions, ClientProtocol, TlsOptions } from "./options.ts";

/** Options of a Client that were checked. */
export interface Connection {
  readonly protocol: ClientProtocol;
  /** The host, an IPv6 address in brackets, and the port. */
  readonly authority: string;
  /** The address as a URL. */
  readonly address: string;
  /** Left out without TLS. */
  readonly tls?: TlsOptions;
  readonly headers: Headers;
  readonly metadata: Readonly<Record<string, string>>;
}

/** The scheme of each protocol's addresses; with TLS, an "s" follows. */
const SCHEMES: Readonly<Record<ClientProtocol, string>> = { http: "http", grpc: "grpc", websocket: "ws" };
const PROTOCOLS = Object.keys(SCHEMES);
const OPTION_KEYS = ["port", "host", "protocol", "tls", "headers", "metadata"];
const TLS_KEYS: readonly (keyof TlsOptions)[] = ["ca", "cert", "key"];

/** Checks the options of a Client. */
export function connectionOf(options: ClientOptions): Connection {
  checkKeys("create a Client with", options, OPTION_KEYS);
  const { port = 12345, host = "127.0.0.1", protocol = "http", metadata = {}, headers } = options;
  if (!PROTOCOLS.includes(protocol)) {
    const near = nearest(String(protocol), PROTOCOLS);
    const hint = near === undefined ? "" : `; did you mean "${near}"?`;
    throw invalidArgument(
      `Cannot create a Client with protocol "${protocol}": expected "http", "grpc" or "websocket"${hint}`,
    );
  }
  const authority = `${host.includes(":") ? `[${host}]` : host}:${port}`;
  const tls = tlsOf(options.tls, protocol);
  // The rules are those of HTTP's URLs.
  const url = `http${tls ? "s" : ""}://${authority}`;
  const address = `${SCHEMES[protocol]}${tls ? "s" : ""}://${authority}`;
  if (!Number.isInteger(port) || !URL.canParse(url) || new URL(url).pathname !== "/") {
    throw invalidArgument(
      `Cannot create a Client for "${address}": expected a host name or address, and a port from 1 to 65535`,
    );
  }
  if (options.metadata !== undefined && protocol !== "grpc") {
    throw invalidArgument(
      `Cannot send metadata with protocol "${protocol}": expected protocol "grpc"; use \`headers\` instead`,
    );
  }
  if (headers !== undefined && protocol === "grpc") {
    throw invalidArgument(
      'Cannot send headers with protocol "grpc": expected "http" or "websocket"; use `metadata` instead',
    );
  }
  return {
    protocol,
    authority,
    address,
    tls,
    headers: headersOf(headers),
    metadata: checkMetadata(metadata),
  };
}

function tlsOf(tls: ClientOptions["tls"] = false, protocol: ClientProtocol): TlsOptions | undefined {
  if (typeof tls === "boolean") return tls ? {} : undefined;
  checkKeys("use TLS with", tls, TLS_KEYS);
  if (protocol !== "grpc") {
    throw invalidArgument(
      `Cannot use own certificates with protocol "${protocol}": expected \`tls: true\`; ` +
        "let the runtime trust them, such as by DENO_CERT or NODE_EXTRA_CA_CERTS",
    );
  }
  for (const name of TLS_KEYS) {
    const value = tls[name];
    if (value === undefined || /^\s*-----BEGIN /m.test(value)) continue;
    throw invalidArgument(`Cannot use "tls.${name}": expected the text of a PEM file; read the file first`);
  }
  if ((tls.cert === undefined) === (tls.key === undefined)) return tls;
  throw invalidArgument(
    `Cannot use "tls.${tls.cert === undefined ? "key" : "cert"}" alone: expected \`cert\` and \`key\``,
  );
}

function headersOf(headers: ClientOptions["headers"]): Headers {
  try {
    return new Headers(headers);
  } catch (cause) {
    throw invalidArgument(`Cannot send these headers: ${(cause as Error).message}`, { cause });
  }
}

function checkMetadata(metadata: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  for (const [name, value] of Object.entries(metadata)) {
    if (!/^[\da-z_.-]+$/i.test(name) || /^grpc-|-bin$/i.test(name)) {
      throw invalidArgument(
        `Cannot send the metadata "${name}": expected letters, digits, "-", "_" and ".", ` +
          'no "grpc-" at the start and no "-bin" at the end',
      );
    }
    if (typeof value !== "string" || !/^[ -~]*$/.test(value)) {
      throw invalidArgument(`Cannot send the metadata "${name}": expected printable ASCII characters`);
    }
  }
  return metadata;
}
