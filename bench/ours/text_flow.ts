import { Flow } from "../../mod.ts";
import { TextExecutor } from "./text_executor.ts";

const port = Number(Deno.env.get("PORT") ?? 0);
const isolation = Deno.args.includes("process") ? "process" : "thread";
await using flow = await new Flow({ port }).add({ uses: TextExecutor, isolation }).start();
// deno-lint-ignore no-console -- its reader takes the line from standard output
console.log(flow.port);
await flow.block();
