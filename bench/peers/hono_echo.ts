// The same echo behind Hono, in one thread.
import { Hono } from "hono";

const app = new Hono();
app.post("/post", async (context) => context.json(await context.req.json()));

const port = Number(Deno.env.get("PORT") ?? 0);
Deno.serve({ hostname: "127.0.0.1", port, onListen: ({ port }) => say(port) }, app.fetch);

function say(port: number) {
  // deno-lint-ignore no-console -- its reader takes the line from standard output
  console.log(port);
}
