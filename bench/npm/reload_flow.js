import { Flow } from "../../mod.ts";
import { MyExecutor } from "./my_executor.js";

const port = Number(process.env.PORT ?? 0);
const reload = process.argv.includes("in-place") ? "in-place" : true;
const flow = await new Flow({ port }).add({ uses: MyExecutor, reload }).start();
// deno-lint-ignore no-console -- its reader takes the line from standard output
console.log(flow.port);
await flow.block();
