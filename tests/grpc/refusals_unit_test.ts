import { assertEquals } from "@std/assert";
import { status as Code } from "@grpc/grpc-js";
import { requestOf, Served, SINGLE } from "./_grpc.ts";

Deno.test("a refusal has gRPC's code for its status, the status in a trailer, and no line in the log", async () => {
  const codes = {
    400: Code.INVALID_ARGUMENT,
    401: Code.UNAUTHENTICATED,
    403: Code.PERMISSION_DENIED,
    404: Code.NOT_FOUND,
    409: Code.ABORTED,
    413: Code.RESOURCE_EXHAUSTED,
    418: Code.FAILED_PRECONDITION,
    422: Code.INVALID_ARGUMENT,
    429: Code.RESOURCE_EXHAUSTED,
  };
  for (const [text, code] of Object.entries(codes)) {
    const status = Number(text);
    await using served = await Served.start(() => ({
      kind: "refused",
      endpoint: "/foo",
      status,
      message: "näh",
    }));
    const { error, trailers } = await served.client().unary(SINGLE, requestOf("r"));
    assertEquals([error?.code, error?.details, trailers.get("http-status")], [code, "näh", [text]]);
    assertEquals(served.logs, []);
  }
});
