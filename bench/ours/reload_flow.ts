import { Flow } from "../../mod.ts";
import { MyExecutor } from "./my_executor.ts";

const port = Number(Deno.env.get("PORT") ?? 0);
const reload = Deno.args.includes("in-place") ? "in-place" : true;
await using flow = await new Flow({ port }).add({ uses: MyExecutor, reload }).start();
// deno-lint-ignore no-console -- its reader takes the line from standard output
console.log(flow.port);
await flow.block();
