/** The queues of an Executor's endpoints. */
import { assertEquals, assertStrictEquals } from "@std/assert";
import { Document } from "../../src/document/document.ts";
import { toDocumentArray } from "../../src/document/document_array.ts";
import { Batches } from "../../src/worker/_batches.ts";
import { CallContext } from "../../src/worker/_call_context.ts";

Deno.test("Batches.of() has a queue an endpoint, and forgets those of the default handler that are idle", async () => {
  const called: string[] = [];
  const binding = { method: "foo", batch: { size: 8, wait: 10 } };
  const bindings = new Map([["/a", binding], ["/b", binding], ["default", binding]]);
  const batches = new Batches(bindings, (method, docs, { endpoint }) => {
    called.push(`${method} ${endpoint} ${docs.length}`);
  });
  const queues = ["/a", "/b", "/x", "/y"].map((endpoint) => batches.of(endpoint, binding));
  const add = (endpoint: string) => {
    const docs = toDocumentArray([new Document()]);
    const request = {
      docs,
      endpoint,
      target: "",
      parameters: {},
      encodedParameters: undefined,
      requestId: "r",
    };
    return batches.of(endpoint, binding).add(docs, new CallContext(request, "ex"));
  };
  await Promise.all(["/a", "/x", "/b", "/y", "/a"].map(add));
  assertEquals(called, ["foo /a 2", "foo /x 1", "foo /b 1", "foo /y 1"]);
  const kept = ["/a", "/b", "/x", "/y"].map((endpoint) => batches.of(endpoint, binding));
  assertEquals(kept.map((queue, index) => queue === queues[index]), [true, true, false, false]);
  assertStrictEquals(batches.of("/x", binding), kept[2]);
});
