import type { FlowOptions } from "../../mod.ts";
import type { LogTrap } from "../support/log_trap.ts";
import { PACKAGE } from "../support/flow_fixture.ts";

/** A Flow that its clients reach by HTTP and by gRPC, at free ports. */
export const BOTH: FlowOptions = { protocol: ["http", "grpc"], port: [0, 0] };

/** The source of an Executor that ends its worker when it is asked to. */
export const DYING = `import { Executor, requests } from ${JSON.stringify(PACKAGE)};
export class Dying extends Executor {
  @requests()
  answer(docs) { for (const doc of docs) doc.text = "it lives"; }
  @requests({ on: "/die" })
  die() { self.close(); }
}
`;

/** Sends a document to an endpoint; waits for the answer. */
export async function ask(httpPort: number, endpoint: string): Promise<void> {
  const response = await fetch(`http://127.0.0.1:${httpPort}/post`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ data: [{}], execEndpoint: endpoint }),
  });
  await response.text();
}

/** Has the worker end until it is not replaced any more. */
export async function killForGood(httpPort: number, log: LogTrap): Promise<void> {
  for (let deaths = 1; deaths <= 3; deaths++) {
    const mark = log.mark;
    await ask(httpPort, "/die");
    await log.waitFor(/ended because .* was called; it is replaced/, mark);
    // Waits for the replacement.
    await ask(httpPort, "/");
  }
  await ask(httpPort, "/die");
  await log.waitFor(/it ended again and again.* it is left down/);
}
