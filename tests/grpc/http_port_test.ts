import { status } from "@grpc/grpc-js";
import { assertEquals, assertStringIncludes } from "@std/assert";
import { Flow } from "../../mod.ts";
import { CALL, RawClient, requestOf, SINGLE } from "./_grpc.ts";
import { Ex } from "./_executors.ts";

Deno.test("the port of HTTP tells gRPC clients at once how gRPC is served, and logs it once", async () => {
  const warnings: string[] = [];
  const log = ({ level, message }: { level: string; message: string }) => {
    if (level === "warning") warnings.push(message);
  };
  await using flow = await new Flow({ port: 0, log }).add({ uses: Ex }).start();
  const client = new RawClient(flow.port);
  const { error } = await client.unary(SINGLE, requestOf("r"));
  const stream = client.bidi(CALL).write(requestOf("r"));
  const end = await stream.status;
  for (const { code, details } of [error!, end]) {
    assertEquals(code, status.UNIMPLEMENTED);
    assertStringIncludes(details, 'protocol: "grpc"');
  }
  client.close();
  assertEquals(warnings, [
    'a gRPC client came to the port of HTTP; give the Flow `protocol: "grpc"` to serve gRPC',
  ]);
});
