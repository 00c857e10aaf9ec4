// deno-lint-ignore-file no-console -- a script that tells its user what to do next
/** A Hono app with a route of its own, and a Flow under /ai whose code is reloaded while the app serves. */
import { Flow } from "@hotflow/hotflow";
import { Hono } from "hono";
import { Greeter } from "./greeter.ts";

if (import.meta.main) {
  await using flow = await new Flow({ listen: false, page: true }).add({ uses: Greeter, reload: true })
    .start();

  const app = new Hono();
  app.get("/hello/:name", async (c) => {
    const [doc] = await flow.post("/greet", { text: c.req.param("name") });
    return c.text(doc.text);
  });
  app.mount("/ai", flow.fetch);

  const port = Number(Deno.env.get("PORT") ?? 12345);
  await using server = Deno.serve({ hostname: "127.0.0.1", port, onListen: () => {} }, app.fetch);
  const url = `http://127.0.0.1:${server.addr.port}`;
  console.log(`
Ask:   curl -s ${url}/hello/you
       curl -s ${url}/ai/greet -H 'content-type: application/json' -d '{"data": [{"text": "you"}]}'
Open:  ${url}/ai/
Edit:  ${new URL("./greeter.ts", import.meta.url).pathname}
       and ask again. Ctrl-C ends it.
`);
  await flow.block();
}
