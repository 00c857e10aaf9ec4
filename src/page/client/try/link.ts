import { decoded } from "./openapi.ts";

const OLD = /^#[A-Z]+(?:%20| )/;

/** The endpoint that a link leads to: `#try=POST /foo`, or `#POST%20%2Ffoo` as on the page at `/docs` before. */
export function keyOf(hash: string): string | undefined {
  if (hash.startsWith("#try=")) return decoded(hash.slice(5));
  return OLD.test(hash) ? decoded(hash.slice(1)) : undefined;
}

/** The link to an endpoint. */
export function hashOf(key: string): string {
  return `#try=${encodeURIComponent(key)}`;
}
