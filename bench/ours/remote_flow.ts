import { Flow } from "../../mod.ts";

/** The addresses of one Executor's replicas. */
const addresses = Deno.args;
await using flow = await new Flow({ port: 0 }).add({ uses: addresses }).start();
// deno-lint-ignore no-console
console.log(flow.port);
await flow.block();
