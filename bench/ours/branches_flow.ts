import { Flow } from "../../mod.ts";
import { PatientExecutor } from "./patient_executor.ts";

const port = Number(Deno.env.get("PORT") ?? 0);
await using flow = await new Flow({ port })
  .add({ uses: PatientExecutor, name: "left" })
  .add({ uses: PatientExecutor, name: "right", needs: "gateway" })
  .needsAll()
  .start();
// deno-lint-ignore no-console -- its reader takes the line from standard output
console.log(flow.port);
await flow.block();
