import { assertEquals, assertMatch } from "@std/assert";
import { chosenEditor } from "../../src/live/editor.ts";

Deno.test("chosenEditor() takes the names of editors, and links that open one", () => {
  const template = "vscode://file/{path}:{line}:{column}";
  assertEquals(chosenEditor(""), { template });
  assertEquals(chosenEditor("VSCode"), { template });
  assertEquals(chosenEditor("webstorm"), {
    template: "webstorm://open?file={path}&line={line}&column={column}",
  });
  assertEquals(chosenEditor("my-editor://go/{path}#{line}"), { template: "my-editor://go/{path}#{line}" });
});

Deno.test("chosenEditor() takes no link that would run in the page, leads elsewhere, or has no path", () => {
  const wrong = [
    "javascript://%0aalert(1)//{path}",
    "JavaScript:alert('{path}')",
    " javascript://{path}",
    "data://text/html,{path}",
    "vbscript://{path}",
    "http://evil.example/{path}",
    "https://evil.example/?{path}",
    "file://{path}",
    "blob://{path}",
    "//evil.example/{path}",
    "{path}",
    "vscode://file/",
    'my-editor://"onclick={path}',
    "emacs",
  ];
  for (const text of wrong) {
    const { template, warning = "" } = chosenEditor(text);
    assertEquals(template, "vscode://file/{path}:{line}:{column}", text);
    assertMatch(
      warning,
      /^Cannot use HOTFLOW_EDITOR=".*": expected vscode, .*zed.*; the page links to VS Code$/s,
    );
  }
});
