import { Metadata, type ServiceError, status } from "@grpc/grpc-js";
import { assertEquals, assertInstanceOf } from "@std/assert";
import { answerOf } from "../../src/remote/_answer.ts";
import { isWithout, plainReason, RefusedError, toCallError } from "../../src/remote/_call_error.ts";

function errorOf(code: status, details: string, httpStatus?: string): ServiceError {
  const metadata = new Metadata();
  metadata.set("x", "y");
  if (httpStatus !== undefined) metadata.set("http-status", httpStatus);
  return Object.assign(new Error(details), { code, details, metadata });
}

Deno.test("toCallError() refuses with the status that is stated, or that the code has", () => {
  const { RESOURCE_EXHAUSTED, FAILED_PRECONDITION } = status;
  const errors: [ServiceError, number][] = [
    [errorOf(FAILED_PRECONDITION, "no", "418"), 418],
    [errorOf(FAILED_PRECONDITION, "no", "200"), 400],
    [errorOf(RESOURCE_EXHAUSTED, "quota"), 429],
    [errorOf(RESOURCE_EXHAUSTED, "Received message larger than max (5 vs. 4)"), 413],
    [errorOf(RESOURCE_EXHAUSTED, "Received message larger than max (5 vs. 4)", "429"), 429],
  ];
  for (const [error, expected] of errors) {
    const refusal = toCallError(error, "grpc://a:1", true);
    assertInstanceOf(refusal, RefusedError);
    assertEquals(refusal.status, expected, error.details);
  }
});

Deno.test("answerOf() takes the status of a refusal only if it is one", () => {
  for (const [stated, expected] of [["418", 418], ["200", 400], ["1e9", 400], ["x", 400]] as const) {
    const exception = { name: "RequestError", args: ["no", stated], stacks: [], executor: "" };
    const wire = { call: { body: "", requestId: "" }, endpoint: "/", requestId: "", codec: "", count: 0 };
    const head = { requestId: "", routes: [], status: { code: 1, description: "no", exception } };
    const answer = answerOf({ ...wire, docs: new Uint8Array() }, head);
    assertEquals(answer.kind === "refused" && answer.status, expected);
  }
});

Deno.test("isWithout() tells a server of gRPC without a service from one of HTTP", () => {
  assertEquals(isWithout(errorOf(status.UNIMPLEMENTED, "Method not found!")), true);
  assertEquals(isWithout(errorOf(status.UNIMPLEMENTED, "Received HTTP status code 404")), false);
  const details =
    "No connection established. Last error: Error: Protocol error (2026-01-02T03:04:05.678Z). " +
    "Resolution note: ";
  assertEquals(plainReason(details), "it is not a server of gRPC: Protocol error");
});
