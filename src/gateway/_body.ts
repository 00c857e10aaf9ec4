import { type Coding, inflate } from "../runtime/inflate.ts";
import { detail } from "./respond.ts";

/** The content codings; RFC 9110 requires the old name `x-gzip` to be treated as `gzip`. */
const CODINGS = new Map<string, Coding>([["gzip", "gzip"], ["x-gzip", "gzip"], ["deflate", "deflate"]]);

/**
 * Reads the body of a request.
 *
 * @param maxSize The largest size before and after it is inflated, in bytes.
 * @returns The text, or the response to a body that is refused.
 */
export function readBody(request: Request, maxSize: number): Response | Promise<string | Response> {
  const type = request.headers.get("content-type");
  if (type !== null && !isJson(type)) {
    const msg = `expected a JSON body with "content-type: application/json", not "${type}"`;
    return detail(422, [{ loc: ["header", "content-type"], msg, type: "value_error.content_type" }]);
  }
  const coding = request.headers.get("content-encoding");
  const isPlain = coding === null && request.headers.has("content-length");
  if (!isPlain) return counted(request, coding ?? "identity", maxSize);
  const isEmpty = request.headers.get("content-length") === "0";
  return request.text().then((text) => text === "" && !isEmpty ? takenBefore() : text, incomplete);
}

/** Whether a content type is that of JSON. */
export function isJson(type: string): boolean {
  return /^application\/(?:[\w.+-]+\+)?json\b/i.test(type);
}

/** The response to a body that the app around the Flow has read before. */
function takenBefore(): Response {
  return detail(
    400,
    "Cannot read the body: it was read before it came to the Flow, such as by express.json(); mount the Flow before that",
  );
}

/** The response to a body that is too large. */
export function tooLarge(maxSize: number): Response {
  return detail(413, `Content Too Large: the body may have ${maxSize} bytes`);
}

/** Reads a body that is encoded, or whose length is not stated. */
async function counted(request: Request, named: string, maxSize: number): Promise<string | Response> {
  const names = named.toLowerCase().split(",").map((one) => one.trim())
    .filter((one) => one !== "" && one !== "identity");
  const coding = CODINGS.get(names[0]);
  if (names.length > (coding === undefined ? 0 : 1)) {
    const msg = `expected a body without a coding, or with one of gzip and deflate, not "${named}"`;
    const issue = { loc: ["header", "content-encoding"], msg, type: "value_error.content_encoding" };
    return detail(415, [issue], { "accept-encoding": "gzip, deflate" });
  }
  const bytes = await bytesOf(request, maxSize).catch(incomplete);
  if (bytes === undefined) return tooLarge(maxSize);
  if (bytes instanceof Response) return bytes;
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

function incomplete(error: Error): Response {
  // As runtimes say that a body was read before.
  if (error instanceof TypeError && /already|locked|unusable/i.test(error.message)) return takenBefore();
  return detail(400, "the body ended before it was complete");
}
