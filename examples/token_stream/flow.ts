// deno-lint-ignore-file no-console -- a script that tells its user what to do next
/** Serves a Writer that streams its words, and a page that shows them as they come. */
import { Flow } from "@hotflow/hotflow";
import { Writer } from "./writer.ts";

if (import.meta.main) {
  const port = Number(Deno.env.get("PORT") ?? 12345);
  // The page comes from another port, and so needs to be allowed to ask.
  await using flow = await new Flow({ port, cors: true }).add({ uses: Writer, reload: true }).start();
  const page = await Deno.readTextFile(new URL("./page.html", import.meta.url));
  const html = page.replace("{{FLOW}}", `http://127.0.0.1:${flow.port}`);
  await using site = Deno.serve(
    { hostname: "127.0.0.1", port: port && port + 1, onListen: () => {} },
    () => new Response(html, { headers: { "content-type": "text/html; charset=utf-8" } }),
  );
  console.log(`
Open:  http://127.0.0.1:${site.addr.port}/
Ask:   curl -sN http://127.0.0.1:${flow.port}/generate -H 'accept: text/event-stream' -H 'content-type: application/json' -d '{"data": {"text": "a fox"}}'
Edit:  ${new URL("./writer.ts", import.meta.url).pathname}
       while a story is being written: it goes on as it began, and the next one is new. Ctrl-C ends it.
`);
  await flow.block();
}
