// deno-lint-ignore-file no-console -- a script that tells its user what to do next
/** Serves an Executor in TypeScript and one in Python, which runs by itself; both are reloaded when they are saved. */
import { Flow } from "@hotflow/hotflow";

const { PORT = "12345", PYTHON_PORT = "54321" } = Deno.env.toObject();
const shout = new URL("./shout.ts", import.meta.url);
await using flow = await new Flow({ port: Number(PORT) })
  .add({ uses: shout, name: "shout", reload: true })
  .add({ uses: `grpc://127.0.0.1:${PYTHON_PORT}`, name: "count" })
  .start();
console.log(`
Ask:   curl -s http://127.0.0.1:${flow.port}/post -H 'content-type: application/json' -d '{"data": [{"text": "the cat is out"}]}'
Edit:  ${shout.pathname}
       or count_words.py beside it, and ask again. Ctrl-C ends it.
`);
await flow.block();
