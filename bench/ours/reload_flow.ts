import { Flow } from "../../mod.ts";
import { MyExecutor } from "./my_executor.ts";

const port = Number(Deno.env.get("PORT") ?? 0);
const reload = Deno.args.includes("in-place") ? "in-place" : true;
const isolation = Deno.args.includes("process") ? "process" : "thread";
await using flow = await new Flow({ port }).add({ uses: MyExecutor, reload, isolation }).start();
// deno-lint-ignore no-console -- its reader takes the line from standard output
console.log(flow.port);
await flow.block();
