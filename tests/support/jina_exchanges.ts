/** What real Jina servers were sent over gRPC, and what they answered: see tests/protobuf/recorded. @module */
import { readFileSync } from "node:fs";

/** One recorded exchange. */
export interface Exchange {
  readonly method: string;
  readonly request: Uint8Array;
  /** Empty when the answers have paths of the machine in them. */
  readonly responses: readonly Uint8Array[];
}

/** Reads an exchange by the name of its file, such as `1_dict`. */
export function exchange(name: string): Exchange {
  const url = new URL(`../protobuf/recorded/${name}.json`, import.meta.url);
  const { method, request_base64, responses_base64 } = JSON.parse(readFileSync(url, "utf8"));
  const bytes = (text: string) => Uint8Array.fromBase64(text);
  return { method, request: bytes(request_base64), responses: (responses_base64 ?? []).map(bytes) };
}
