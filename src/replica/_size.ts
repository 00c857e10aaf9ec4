import type { Call } from "../worker/protocol.ts";

/** About how many characters a call holds. */
export function sizeOf({ body, branches = [] }: Call): number {
  return branches.reduce((size, branch) => size + branch.length, body.length);
}
