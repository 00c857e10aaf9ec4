import { assertEquals } from "@std/assert";
import { editorLink, Problems } from "../../src/page/client/overlay/problems.ts";
import type { Live, PageEvent } from "../../src/page/client/store.ts";
import { AT, deployment, status } from "./_statuses.ts";

const VSCODE = "vscode://file/{path}:{line}:{column}";

Deno.test("editorLink() fills in a template", () => {
  const place = { file: "/home/you/my app/a#1.ts", line: 4, column: 9 };
  assertEquals(editorLink(VSCODE, place), "vscode://file/home/you/my%20app/a%231.ts:4:9");
  assertEquals(
    editorLink("idea://open?file={path}&line={line}&column={column}", { file: "/app/a&b.ts" }),
    "idea://open?file=/app/a%26b.ts&line=1&column=1",
  );
  assertEquals(editorLink(VSCODE, { file: "C:\\app\\$&.ts", line: 2 }), "vscode://file/C:/app/%24%26.ts:2:1");
});

Deno.test("editorLink() makes no link that would run in the page", () => {
  for (const template of ["", "{path}", "javascript:alert(1)//{path}", "data:text/html,{path}"]) {
    assertEquals(editorLink(template, { file: "/a.ts" }), undefined, template);
  }
});

Deno.test("Problems say once why an Executor is left down, and that nothing serves", () => {
  const reason = "it ended again and again; it is left down";
  const lastError = { name: "Error", message: reason, at: AT };
  const down = status(deployment("a", { state: "down", version: 2, lastError }));
  const problems = new Problems();
  const take = (event: unknown) => problems.take(event as PageEvent, down as unknown as Live["status"]);
  take({ kind: "status", status: down });
  assertEquals(problems.all.map(({ title, meanwhile }) => [title, meanwhile]), [
    ["a could not be loaded", "nothing serves its requests"],
  ]);
  const message = `a/rep-0: ${reason}. It comes back with the next good save of its source.`;
  take({ kind: "trouble", deployment: "a", what: "down", since: AT, count: 1, over: false, message });
  assertEquals(problems.all.map(({ title }) => title), ["a is down"]);
});

Deno.test("Problems that are reported again with the same message last since the first time", () => {
  const problems = new Problems();
  for (const [second, message] of [[1, "a"], [2, "a"], [3, "b"]] as const) {
    const lastError = { name: "ConfigError", message, at: `2026-01-01T00:00:0${second}Z`, problems: [] };
    problems.take({ kind: "status", status: { ...status(), lastError } } as unknown as PageEvent, undefined);
    assertEquals(problems.all.map(({ since }) => since.at(-2)), [message === "a" ? "1" : "3"]);
  }
});
