/** The contract test sees what matters, and nothing else. */
import { assertEquals } from "@std/assert";
import { differences } from "./_differences.ts";
import { type Answer, RECORDINGS } from "./_recordings.ts";

function recorded(name: string): Answer {
  return RECORDINGS.find((item) => item.name === name)?.response as Answer;
}

// deno-lint-ignore no-explicit-any -- JSON as it was recorded
type Change = (json: any) => unknown;

function changed(name: string, change: Change): Answer {
  const answer = structuredClone(recorded(name));
  change(answer.json);
  return answer;
}

const CHANGES: readonly [name: string, change: Change, found: string[]][] = [
  ["post_two_docs", (json) => json.data[1].text = "b", ["data.1.text"]],
  ["post_two_docs", (json) => json.data.pop(), ["data"]],
  ["post_two_docs", (json) => json.data[0].uri = "x", ["data.0.uri"]],
  ["post_two_docs", (json) => delete json.data[0].id, ["data.0.id"]],
  ["post_dict", (json) => json.parameters = {}, ["parameters.__results__"]],
  ["C_chain_two", (json) => json.routes.reverse(), [
    "routes.0.executor",
    "routes.2.executor",
  ]],
  ["post_raise", (json) => json.header.status = null, ["header.status"]],
  ["C_chain_params_specific", (json) => json.data[0].text = '[["x",2]]', [
    "data.0.text",
  ]],
  ["malformed_json", (json) => json.detail[0].ctx.pos = 9, [
    "detail",
  ]],
  ["malformed_json", (json) => json.detail.pop(), ["detail"]],
  ["post_get", (json) => delete json.detail, ["body"]],
  ["G_executor_dead_dry_run", (json) => json.description = "", ["description"]],
];

for (const [name, change, found] of CHANGES) {
  Deno.test(`differences() sees ${found.join(" and ")} in ${name}`, () => {
    assertEquals(differences(recorded(name), changed(name, change)), found);
  });
}

Deno.test("differences() sees another status, and another type or method in the headers", () => {
  const theirs = recorded("post_get");
  const ours = { ...theirs, status: 404, headers: { "content-type": "text/plain" } };
  assertEquals(differences(theirs, ours), ["status", "headers.content-type", "headers.allow"]);
});

Deno.test("differences() takes null for absent, Python's printing for data, and leaves ids, times and wording free", () => {
  const free = changed("C_chain_params_specific", (json) => {
    json.header.requestId = "other";
    json.routes[1].startTime = json.routes[1].endTime = null;
    json.data = [{ id: "some", text: '[["a",{"x":9}],["x",2]]' }];
  });
  assertEquals(differences(recorded("C_chain_params_specific"), free), []);
  const worded = changed("post_raise", ({ header: { status } }) => {
    status.description = "ValueError: boom";
    Object.assign(status.exception, { name: "Error", args: [], stacks: ["at ex.ts:1:2"] });
  });
  assertEquals(differences(recorded("post_raise"), worded), []);
});

Deno.test("differences() leaves the order of branches free when there are some", () => {
  const other = changed("D_needs_branches", ({ routes }) => routes.push(routes.splice(1, 1)[0]));
  assertEquals(differences(recorded("D_needs_branches"), other, true), []);
  assertEquals(differences(recorded("D_needs_branches"), other).length > 0, true);
});
