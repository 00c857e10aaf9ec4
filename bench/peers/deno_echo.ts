// The least that Deno can do with a JSON request.
const port = Number(Deno.env.get("PORT") ?? 0);
Deno.serve({ hostname: "127.0.0.1", port, onListen: ({ port }) => say(port) }, async (request) => {
  return Response.json(await request.json());
});

function say(port: number) {
  // deno-lint-ignore no-console -- its reader takes the line from standard output
  console.log(port);
}
