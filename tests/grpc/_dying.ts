import { PACKAGE } from "../support/flow_fixture.ts";
import type { GrpcFlow } from "./_grpc_flow.ts";

/** The source of an Executor that ends its worker when it is asked to. */
export const DYING = `import { Executor, requests } from ${JSON.stringify(PACKAGE)};
export class Dying extends Executor {
  @requests()
  answer(docs) { for (const doc of docs) doc.text = "it lives"; }
  @requests({ on: "/die" })
  die() { self.close(); }
}
`;

/** Has its worker end until it is not replaced any more. */
export async function killForGood(flow: GrpcFlow): Promise<void> {
  for (let deaths = 1; deaths <= 3; deaths++) {
    const mark = flow.log.mark;
    await flow.run("/die");
    await flow.log.waitFor(/ended because .* was called; it is replaced/, mark);
    // Waits for the replacement.
    await flow.run("/");
  }
  await flow.run("/die");
  await flow.log.waitFor(/it ended again and again.* it is left down/);
}
