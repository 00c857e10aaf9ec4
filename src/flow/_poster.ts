import { Client } from "../client/client.ts";
import { Sender } from "../client/sender.ts";
import { isLocal, type Listening } from "../options/settings.ts";

/** What sends the requests of `Flow.post()` and `Flow.stream()`. */
export type Poster = Pick<Sender, "post" | "stream">;

/**
 * Creates a client of a Flow in the same process: over HTTP when it serves that; without a port, by its `fetch()`.
 *
 * @param host The address that the Flow binds.
 */
export function posterOf(
  listening: readonly Listening[],
  host: string,
  fetch: (request: Request) => Promise<Response>,
): Poster {
  const first = listening.find(({ protocol }) => protocol === "http") ?? listening[0];
  if (first === undefined) return Sender.toFunction(fetch);
  return new Client({ ...first, host: isLocal(host) ? host : "127.0.0.1" });
}
