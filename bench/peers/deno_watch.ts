// For `deno run --watch`: everything anew at each change, so the port has to be the same each time.
import { MyHandler } from "./handler.ts";

const handler = new MyHandler();
const port = Number(Deno.env.get("PORT"));
Deno.serve({ hostname: "127.0.0.1", port, onListen: ({ port }) => say(port) }, async (request) => {
  const body = await request.json();
  handler.foo(body.data);
  return Response.json(body);
});

function say(port: number) {
  // deno-lint-ignore no-console -- its reader takes the line from standard output
  console.log(port);
}
