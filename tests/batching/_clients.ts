import type { Reply, Served } from "../flow/_serve.ts";
import { Samples } from "../metrics/_samples.ts";
import { inTime } from "../support/in_time.ts";

/** Documents whose ids begin with the name of their client. */
export function docsOf(client: string, count: number, text = ""): { id: string; text?: string }[] {
  return Array.from({ length: count }, (_, index) => ({ id: `${client}-${index}`, ...(text && { text }) }));
}

/** Resolves when so many requests are at the Executor or on their way to it. */
export async function inFlight(served: Served, count: number): Promise<void> {
  const look = async () => {
    while ((await Samples.of(served.at("/metrics"))).get("hotflow_requests_in_flight") !== count);
    // The worker has what was sent to it before.
    await served.post("/seen", {});
  };
  await inTime(look(), `${count} requests`);
}

/** Posts one document; `text` is an address that a handler fetches, if there is one. */
export function post(served: Served, path: string, id: string, text = ""): Promise<Reply> {
  return inTime(served.post(path, { data: [{ id, text }] }), `The answer to ${id}`);
}

// deno-lint-ignore no-explicit-any -- JSON as it came
export const tagsOf = ({ body }: Reply): any => body.data[0].tags;
