// deno-lint-ignore-file no-console -- a script that tells its user what to do next
/** Serves MyExecutor, and reloads it whenever its file is saved. */
import { Flow } from "@hotflow/hotflow";
import { MyExecutor } from "./my_executor.ts";

if (import.meta.main) {
  const port = Deno.env.get("PORT") ?? "12345";
  if (!/^\d+$/.test(port)) {
    console.error(`Cannot serve on PORT "${port}": a number from 0 to 65535 is wanted, as in PORT=8080`);
    Deno.exit(1);
  }
  await using flow = await new Flow({ port: Number(port) })
    .add({ uses: MyExecutor, reload: true })
    .start();
  console.log(`
Ask:   curl -s http://127.0.0.1:${flow.port}/post -H 'content-type: application/json' -d '{"data": [{}]}'
Edit:  ${new URL("./my_executor.ts", import.meta.url).pathname}
       and ask again. Ctrl-C ends it.
`);
  await flow.block();
}
