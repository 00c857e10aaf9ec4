// deno-lint-ignore-file no-console -- a script that tells its user what to do next
/** Serves a search by meaning, and reloads it, but not its model, whenever a source file is saved. */
import { Flow } from "@hotflow/hotflow";
import { Searcher } from "./searcher.ts";

if (import.meta.main) {
  await using flow = await new Flow({ port: Number(Deno.env.get("PORT") ?? 12345) })
    .add({ uses: Searcher, name: "searcher", reload: true })
    .start();
  console.log(`
Ask:   curl -s http://127.0.0.1:${flow.port}/search -H 'content-type: application/json' -d '{"data": {"text": "renewable energy"}}'
Edit:  ${new URL("./scoring.ts", import.meta.url).pathname}
       and ask again: the model is not loaded again. Ctrl-C ends it.
`);
  await flow.block();
}
