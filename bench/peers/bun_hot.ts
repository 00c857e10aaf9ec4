// For `bun --hot`: the same process, modules evaluated anew.
import { MyHandler } from "./handler.ts";

interface BunServer {
  readonly port: number;
}

declare const Bun: {
  serve(options: {
    hostname: string;
    port: number;
    fetch(request: Request): Promise<Response>;
  }): BunServer;
};

const handler = new MyHandler();
const server = Bun.serve({
  hostname: "127.0.0.1",
  port: 0,
  async fetch(request) {
    const body = await request.json();
    handler.foo(body.data);
    return Response.json(body);
  },
});
// deno-lint-ignore no-console -- its reader takes the line from standard output
console.log(server.port);
