// deno-lint-ignore-file no-console -- a script that tells its user what to do next
/** Serves what flow.yml describes, and follows it: what it says when it is saved is what is served. */
import { Flow } from "@hotflow/hotflow";

const yaml = new URL("./flow.yml", import.meta.url);
const port = Deno.env.get("PORT");
await using flow = await Flow.load(yaml, port === undefined ? {} : { port: Number(port) });
await flow.start();
console.log(`
Ask:   curl -s http://127.0.0.1:${flow.port}/post -H 'content-type: application/json' -d '{"data": [{"text": "the cat is out"}]}'
Edit:  ${yaml.pathname}
       to say "otherwise: a language of its own", or to add an Executor, and ask again. Ctrl-C ends it.
`);
await flow.block();
