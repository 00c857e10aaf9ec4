import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import {
  cleanText,
  formatError,
  formatPlace,
  preview,
  snippetOf,
  toErrorInfo,
} from "../../src/errors/mod.ts";
import { TempFolder } from "../support/temp_folder.ts";

/** What a failed import of this source throws. */
async function failureOf(folder: TempFolder, source: string, name = "broken.ts"): Promise<unknown> {
  const path = await folder.write(name, source);
  return await import(`${new URL(`file://${path.split("/").map(encodeURIComponent).join("/")}`)}?v=7`).then(
    () => {
      throw new Error("the import was to fail");
    },
    (error) => error,
  );
}

Deno.test("toErrorInfo() gives name, message and place without the version query when a module has a syntax error", async () => {
  await using folder = await TempFolder.make();
  const info = toErrorInfo(await failureOf(folder, "export const a = 1;\nexport const b = ;\n"));
  assertEquals(info.name, "SyntaxError");
  assertEquals(info.place, { file: folder.at("broken.ts"), line: 2, column: 18 });
  assertMatch(info.message, /^Expression expected/);
  for (const noise of ["?v=7", "file://", "\u001b", "\n"]) assertEquals(info.message.includes(noise), false);
});

Deno.test("toErrorInfo() gives the place of a throw at the module's top level", async () => {
  await using folder = await TempFolder.make();
  const info = toErrorInfo(await failureOf(folder, "\n\n  throw new RangeError('too far');\n"));
  assertEquals([info.name, info.message], ["RangeError", "too far"]);
  assertEquals(info.place, { file: folder.at("broken.ts"), line: 3, column: 9 });
});

for (const name of ["a folder/é.ts", "copy (2)/broken.ts", "c#/broken.ts", "100%/broken.ts"]) {
  Deno.test(`toErrorInfo() names the place in people's spelling when the file is ${name}`, async () => {
    await using folder = await TempFolder.make();
    const thrown = toErrorInfo(await failureOf(folder, "\nthrow new Error('x');\n", name));
    assertEquals(thrown.place, { file: folder.at(name), line: 2, column: 7 });
    const syntax = toErrorInfo(await failureOf(folder, "\nconst a = ;\n", `${name}.mjs`));
    assertEquals(syntax.place?.file, folder.at(`${name}.mjs`));
  });
}

Deno.test("toErrorInfo() skips frames of its own folders when it looks for the place", () => {
  const error = new Error("x");
  error.stack = "Error: x\n    at f (file:///lib/src/a.ts:1:2)\n    at g (file:///app/my.ts?v=3:4:9)";
  assertEquals(toErrorInfo(error, ["/lib/src/"]).place, { file: "/app/my.ts", line: 4, column: 9 });
  assertEquals(toErrorInfo(error, ["/lib/src/", "/app/"]).place, undefined);
});

Deno.test("toErrorInfo() keeps a custom name, and says what was thrown when it is no Error", () => {
  class OutOfStock extends Error {
    override name = "OutOfStock";
  }
  assertEquals(toErrorInfo(new OutOfStock("none left")).name, "OutOfStock");
  for (const [thrown, text] of [["plain", "plain"], [{ a: 1 }, '{"a":1}'], [undefined, "undefined"]]) {
    assertEquals(toErrorInfo(thrown), {
      name: "Error",
      message: `a value that is not an Error was thrown: ${text}`,
      stack: "",
    });
  }
});

Deno.test("toErrorInfo() keeps every line of a user's own message", () => {
  const message = "Cannot parse the prompt:\n  line 1 is fine\n  line 2 is not";
  assertEquals(toErrorInfo(new Error(message)).message, message);
});

Deno.test("toErrorInfo() does not fail on errors whose message or stack is odd", () => {
  const odd = new Error();
  Object.defineProperties(odd, { message: { value: 5 }, stack: { value: undefined }, name: { value: null } });
  assertEquals(toErrorInfo(odd), { name: "null", message: "5", stack: "" });
});

Deno.test("toErrorInfo() tells what is behind an error, and lives through one that cannot be read", () => {
  const inner = new RangeError("inner", { cause: "no disk" });
  const { message } = toErrorInfo(new AggregateError([inner, 5], "outer", { cause: new Error("first") }));
  assertEquals(
    message,
    "outer; caused by: Error: first; caused by: RangeError: inner; caused by: no disk; caused by: 5",
  );
  const circular = new Error("round");
  circular.cause = circular;
  assertStringIncludes(toErrorInfo(circular).message, "round; caused by: Error: round");
  const odd = Object.defineProperty(new Error("odd"), "message", {
    get() {
      throw new Error("not again");
    },
  });
  const { proxy, revoke } = Proxy.revocable(new Error("gone"), {});
  revoke();
  for (const thrown of [odd, proxy]) {
    assertEquals(toErrorInfo(thrown), {
      name: "Error",
      message: "an error was thrown that cannot be read: a getter or proxy of it throws",
      stack: "",
    });
  }
});

Deno.test("cleanText() takes out colours and version queries, and writes paths for file URLs", () => {
  assertEquals(
    cleanText("\u001b[31mbad\u001b[0m at file:///app/my%20file.ts?v=12:4:9"),
    "bad at /app/my file.ts:4:9",
  );
});

Deno.test("cleanText() leaves other text and URLs alone", () => {
  for (const text of ["100% of ?v= values", "https://example.com/a?b=1", "50 %zz"]) {
    assertEquals(cleanText(text), text);
  }
});

Deno.test("snippetOf() shows the line with its neighbours and a marker under the column", () => {
  const text = "one\ntwo\nthree\nfour";
  assertEquals(snippetOf(text, 2, 3), "  1 | one\n  2 | two\n    |   ^\n  3 | three");
  assertEquals(snippetOf(text.replaceAll("\n", "\r\n"), 2, 3), snippetOf(text, 2, 3));
  assertEquals(snippetOf(text, 1), "  1 | one\n    | ^\n  2 | two");
  assertEquals(snippetOf(text, 4, 1), "  3 | three\n  4 | four\n    | ^");
});

Deno.test("snippetOf() lines up when the line numbers grow by a digit, and cuts long lines", () => {
  const text = Array.from({ length: 12 }, (_, index) => `line ${index + 1}`).join("\n");
  assertEquals(snippetOf(text, 9, 1), "   8 | line 8\n   9 | line 9\n     | ^\n  10 | line 10");
  const [row] = (snippetOf("x".repeat(500), 1, 400) ?? "").split("\n");
  assertEquals(row.length, "  1 | ".length + 120);
});

Deno.test("snippetOf() gives nothing when there is no such line", () => {
  assertEquals([snippetOf("one", 0), snippetOf("one", 2)], [undefined, undefined]);
});

Deno.test("formatError() writes name, message, place as editors link it, and the snippet below", () => {
  const info = { name: "TypeError", message: "no", stack: "" };
  assertEquals(formatError(info), "TypeError: no");
  const place = { file: "/app/my.ts", line: 4, column: 9 };
  assertEquals(
    formatError({ ...info, place, snippet: "  4 | x" }),
    "TypeError: no at /app/my.ts:4:9\n  4 | x",
  );
  assertEquals(formatPlace({ file: "/app/my.ts" }), "/app/my.ts");
});

Deno.test("preview() cuts long values and survives those that JSON cannot write", () => {
  assertEquals(preview({ a: [1, "x"] }), '{"a":[1,"x"]}');
  assertEquals(preview("y".repeat(100)).length, 80);
  const round: { self?: unknown } = {};
  round.self = round;
  assertEquals(preview(round), "object");
  assertStringIncludes(preview(Symbol("s")), "s");
  assertEquals(preview(12n), "12");
});
