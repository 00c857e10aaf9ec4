// deno-lint-ignore-file no-console -- a script that tells its user what to do next
/** Serves the Executor that executor.yml names, and restarts it whenever that file is saved. */
import { type DocumentArray, Executor, Flow, requests } from "@hotflow/hotflow";

class MyExecutorBeforeRestart extends Executor {
  @requests()
  foo(docs: DocumentArray) {
    for (const doc of docs) doc.text = "MyExecutorBeforeRestart";
  }
}

class MyExecutorAfterRestart extends Executor {
  @requests()
  foo(docs: DocumentArray) {
    for (const doc of docs) doc.text = "MyExecutorAfterRestart";
  }
}

if (import.meta.main) {
  const yaml = new URL("./executor.yml", import.meta.url);
  await using flow = await new Flow({ port: Number(Deno.env.get("PORT") ?? 12345) })
    .add({ uses: yaml, restart: true })
    .start();
  console.log(`
Ask:   curl -s http://127.0.0.1:${flow.port}/post -H 'content-type: application/json' -d '{"data": [{}]}'
Edit:  ${yaml.pathname}
       to say "jtype: ${MyExecutorAfterRestart.name}" instead of "${MyExecutorBeforeRestart.name}",
       and ask again. Ctrl-C ends it.
`);
  await flow.block();
}
