import { Flow } from "../../mod.ts";
import { Batched, OneByOne } from "./batch_executor.ts";

const port = Number(Deno.env.get("PORT") ?? 0);
const uses = Deno.args.includes("batched") ? Batched : OneByOne;
await using flow = await new Flow({ port }).add({ uses }).start();
// deno-lint-ignore no-console -- its reader takes the line from standard output
console.log(flow.port);
await flow.block();
