import { assertEquals } from "@std/assert";
import { inspectJson } from "../../src/gateway/inspect_json.ts";

const CALL = { requestId: "r" };

Deno.test("inspectJson() reads the endpoint, the id and the number of documents of a body", () => {
  const of = (value: unknown) => inspectJson({ ...CALL, body: JSON.stringify(value) });
  const body = { header: { requestId: "mine" }, execEndpoint: "/a", data: [{}, {}] };
  assertEquals(of(body), { endpoint: "/a", requestId: "mine", count: 2 });
  assertEquals(of({ exec_endpoint: "/a", data: { docs: [{}] } }), { endpoint: "/a", count: 1 });
  assertEquals(of({ data: { text: "a" } }), { endpoint: "/", count: 1 });
  assertEquals([of({}), of(null), of({ data: {} })].map(({ count }) => count), [0, 0, 0]);
});

Deno.test("inspectJson() counts the documents that an Executor has passed on, and those of branches", () => {
  const envelope = { endpoint: "/a" };
  assertEquals(inspectJson({ ...CALL, body: "[{},{}]", envelope }), { count: 2 });
  assertEquals(inspectJson({ ...CALL, body: "", branches: ["[{},{},{}]", "[{}]"], envelope }), { count: 3 });
});

Deno.test("inspectJson() says nothing of a body that cannot be read", () => {
  assertEquals(inspectJson({ ...CALL, body: "{" }), {});
});
