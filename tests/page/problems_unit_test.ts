import { assertEquals } from "@std/assert";
import { editorLink } from "../../src/page/client/overlay/problems.ts";

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
