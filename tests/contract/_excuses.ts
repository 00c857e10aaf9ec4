/** The recorded exchanges that are answered otherwise here, on purpose. */

/** Why, and in what. */
export interface Excuse {
  /** The row of docs/jina-differences.md that gives the reason: its first cell. */
  readonly row: string;
  /** All that differs; anything else, more or less, fails the contract test. */
  readonly differs: readonly string[];
}

const THROWS: Excuse = { row: "an Executor throws", differs: ["status"] };
const UNBOUND: Excuse = { row: "an endpoint that no Executor binds", differs: ["status", "body"] };
const CREDENTIALS = "headers.access-control-allow-credentials";
const ORIGIN = "headers.access-control-allow-origin";

/** By the name of the exchange. */
export const EXCUSES: Readonly<Record<string, Excuse>> = {
  post_badreturn: THROWS,
  post_raise: THROWS,
  post_fields_set_by_executor: THROWS,
  C_chain_raise_second: THROWS,
  D_needs_raise: THROWS,
  F_exposed_raise: THROWS,
  G_executor_dead_index: {
    row: "a deployment is down",
    differs: ["status", "headers.content-type", "body"],
  },
  B_nodefault_root: UNBOUND,
  B_nodefault_unknown_endpoint: UNBOUND,
  foo_route_post_not_exposed: { row: "`POST /<endpoint>`", differs: ["status", "body"] },
  post_data_object: { row: "one document as `data`", differs: ["status", "body"] },
  post_echo_blob_plain: {
    row: "input that cannot be read",
    differs: ["status", "headers.content-type", "body"],
  },
  post_echo_text_and_blob: { row: "`text` and `blob` in one document", differs: ["data.0.text"] },
  post_echo_all_fields: {
    row: "numbers",
    differs: ["data.0.tags.a", "data.0.scores.cos.value", "data.0.matches.0.scores.cos.value"],
  },
  // The handler writes the media type into the text.
  post_fields_type: { row: "`mime_type` guessed from `uri`", differs: ["data.0.mime_type", "data.0.text"] },
  origin_nocors: { row: "a page of another origin, without CORS", differs: ["status", "body"] },
  post_options_preflight_nocors: {
    row: "a page of another origin, without CORS",
    differs: ["status", "headers.allow"],
  },
  E_cors_no_origin: { row: "CORS", differs: [ORIGIN] },
  E_cors_post: { row: "CORS", differs: [CREDENTIALS] },
  E_cors_post_cookie: { row: "CORS", differs: [ORIGIN, CREDENTIALS, "headers.vary"] },
  metrics_get: { row: "`GET /metrics`", differs: ["status", "headers.content-type", "body"] },
  status_get_slash: {
    row: "a slash at the end of a fixed route",
    differs: ["status", "headers.content-type", "headers.location", "body"],
  },
};
