import { Flow } from "../../mod.ts";
import { FlowMetrics } from "../../src/metrics/flow_metrics.ts";
import { Plain, WithBatches, WithHeaders, WithSchema } from "./features_executor.ts";

const [feature = ""] = Deno.args;
// No option turns metrics off.
if (feature === "no metrics") FlowMetrics.prototype.addRequest = FlowMetrics.prototype.addCall = () => {};
const uses = { headers: WithHeaders, schema: WithSchema, batches: WithBatches }[feature] ?? Plain;
const middleware = feature === "middleware" ? [(_: unknown, next: () => Promise<void>) => next()] : [];
await using flow = await new Flow({ port: Number(Deno.env.get("PORT") ?? 0), middleware }).add({ uses })
  .start();
// deno-lint-ignore no-console -- its reader takes the line from standard output
console.log(flow.port);
await flow.block();
