// deno-lint-ignore-file no-console -- a script that tells its user what to do next
/** Serves a classifier of reviews, and reloads it whenever a source file is saved. */
import { Flow } from "@hotflow/hotflow";
import { Classifier } from "./classifier.ts";

if (import.meta.main) {
  await using flow = await new Flow({ port: Number(Deno.env.get("PORT") ?? 12345) })
    .add({ uses: Classifier, name: "classifier", reload: true })
    .start();
  console.log(`
Ask:   curl -s http://127.0.0.1:${flow.port}/classify -H 'content-type: application/json' -d '{"data": {"text": "great sound"}}'
Edit:  ${new URL("./model.ts", import.meta.url).pathname} or schemas.ts, and ask again. Ctrl-C ends it.
`);
  await flow.block();
}
