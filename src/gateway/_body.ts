import { type Coding, inflate } from "../runtime/inflate.ts";
import type { GatewayOptions } from "./gateway_options.ts";
import { detail } from "./respond.ts";

type BodyOptions = Pick<GatewayOptions, "bodyLimit" | "isMounted" | "middleware">;

/** The content codings; RFC 9110 requires the old name `x-gzip` to be treated as `gzip`. */
const CODINGS = new Map<string, Coding>([["gzip", "gzip"], ["x-gzip", "gzip"], ["deflate", "deflate"]]);

const TAKEN_BY_APP =
  "it was read before it came to the Flow, such as by express.json(); mount the Flow before that";
const TAKEN_BY_MIDDLEWARE = "middleware of the Flow has read it by c.req.raw; use c.req.text() there";

/** Reads the body of a request; returns the text, or the response to a body that is refused. */
export function readBody(
  request: Request,
  options: BodyOptions,
): string | Response | Promise<string | Response> {
  const type = request.headers.get("content-type");
  if (type !== null && !isJson(type)) {
    const msg = `expected a JSON body with "content-type: application/json", not "${type}"`;
    return detail(422, [{ loc: ["header", "content-type"], msg, type: "value_error.content_type" }]);
  }
  if (!mayHaveBody(request)) return "";
  const coding = request.headers.get("content-encoding");
  const isPlain = coding === null && request.headers.has("content-length");
  if (!isPlain) return counted(request, coding ?? "identity", options);
  return request.text().then(
    (text) => text === "" && isLost(request, options) ? unreadable(options) : text,
    (error) => unreadable(options, error),
  );
}

/** Whether a request may have a body. */
export function mayHaveBody({ method }: Request): boolean {
  return method !== "GET" && method !== "HEAD";
}

/** Whether a content type is that of JSON. */
export function isJson(type: string): boolean {
  return /^application\/(?:[\w.+-]+\+)?json\b/i.test(type);
}

/** Whether an empty body was not empty when it was sent. An app may pass on a request whose body it has read. */
function isLost({ headers }: Request, { isMounted }: BodyOptions): boolean {
  const length = headers.get("content-length");
  return length === null ? Boolean(isMounted) && headers.has("transfer-encoding") : length !== "0";
}

/** The response to a body that cannot be read; without an error, to one that is lost. */
function unreadable({ isMounted, middleware = [] }: BodyOptions, error?: unknown): Response {
  // As runtimes say that a body was read before.
  const isTaken = error === undefined ||
    (error instanceof TypeError && /already|locked|unusable/i.test(error.message));
  const causes = [isMounted && TAKEN_BY_APP, middleware.length > 0 && TAKEN_BY_MIDDLEWARE].filter(Boolean);
  return isTaken && causes.length > 0
    ? detail(400, `Cannot read the body: ${causes.join("; or ")}`)
    : detail(400, "the body ended before it was complete");
}

/** The response to a body that is too large. */
export function tooLarge(maxSize: number): Response {
  return detail(413, `Content Too Large: the body may have ${maxSize} bytes`);
}

/** Reads a body that is encoded, or whose length is not stated. */
async function counted(
  request: Request,
  named: string,
  options: BodyOptions,
): Promise<string | Response> {
  const { bodyLimit: maxSize } = options;
  const names = named.toLowerCase().split(",").map((one) => one.trim())
    .filter((one) => one !== "" && one !== "identity");
  const coding = CODINGS.get(names[0]);
  if (names.length > (coding === undefined ? 0 : 1)) {
    const msg = `expected a body without a coding, or with one of gzip and deflate, not "${named}"`;
    const issue = { loc: ["header", "content-encoding"], msg, type: "value_error.content_encoding" };
    return detail(415, [issue], { "accept-encoding": "gzip, deflate" });
  }
  const bytes = await bytesOf(request, maxSize).catch((error) => unreadable(options, error));
  if (bytes === undefined) return tooLarge(maxSize);
  if (bytes instanceof Response) return bytes;
  if (bytes.length === 0 && isLost(request, options)) return unreadable(options);
  try {
    // An empty body needs no decoding.
    const text = coding === undefined || bytes.length === 0 ? bytes : await inflate(bytes, coding, maxSize);
    return text === undefined ? tooLarge(maxSize) : new TextDecoder().decode(text);
  } catch (error) {
    return detail(400, `invalid body for "content-encoding: ${named}": ${(error as Error).message}`);
  }
}

/** The bytes of a body; `undefined` when there are too many. */
async function bytesOf(request: Request, maxSize: number): Promise<Uint8Array | undefined> {
  if (request.headers.has("content-length")) return new Uint8Array(await request.arrayBuffer());
  const parts: Uint8Array<ArrayBuffer>[] = [];
  let size = 0;
  for await (const part of request.body ?? []) {
    size += part.length;
    if (size > maxSize) return undefined;
    parts.push(part);
  }
  return await new Blob(parts).bytes();
}
