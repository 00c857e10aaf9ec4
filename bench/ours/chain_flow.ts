import { Flow } from "../../mod.ts";
import { TextExecutor } from "./text_executor.ts";

const port = Number(Deno.env.get("PORT") ?? 0);
await using flow = await new Flow({ port })
  .add({ uses: TextExecutor })
  .add({ uses: TextExecutor })
  .add({ uses: TextExecutor })
  .start();
// deno-lint-ignore no-console -- its reader takes the line from standard output
console.log(flow.port);
await flow.block();
