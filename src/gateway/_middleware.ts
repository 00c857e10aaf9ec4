/** Hono's middleware before the gateway's routes. @module */
import type { Context, MiddlewareHandler } from "hono";
import { preview } from "../errors/mod.ts";
import { mayHaveBody } from "./_body.ts";

/** Middleware whose mistakes are errors: Hono would pass on whatever it answers with, and throw what is no `Error`. */
export function checked(middleware: MiddlewareHandler): MiddlewareHandler {
  return async (c, next) => {
    let returned: unknown;
    try {
      returned = await middleware(c, next);
    } catch (error) {
      throw error instanceof Error
        ? error
        : new Error(`middleware threw ${preview(error)}, which is no Error`);
    }
    // As Hono does: what is returned counts where there is no answer yet, and may be the context itself.
    const answer = c.finalized ? c.res : returned;
    if (answer === undefined || isResponse(answer)) return answer as Response | undefined;
    // Hono would take headers from it for the response to the error.
    c.res = undefined;
    throw new TypeError(`middleware answered with ${preview(answer)}: expected a Response`);
  };
}

/** Whether a value is a response, of any realm. */
function isResponse(value: unknown): boolean {
  const { status, headers } = (value ?? {}) as Partial<Response>;
  return typeof status === "number" && typeof headers?.entries === "function";
}

/** A request whose body was not read: middleware may have read it, and Hono then has it in its cache. */
export async function unread({ req }: Context): Promise<Request> {
  if (Object.keys(req.bodyCache).length === 0 || !mayHaveBody(req.raw)) return req.raw;
  const { url, method, headers } = req.raw;
  // Bytes, which get no content type of their own.
  return new Request(url, { method, headers, body: await req.arrayBuffer() });
}
