import { assertEquals } from "@std/assert";
import { type LogLine, LogLines, MOST_LINES } from "../../src/page/client/log/log_lines.ts";

function line(message: string, given: Partial<LogLine> = {}): LogLine {
  return {
    kind: "log",
    level: "info",
    name: "encoder/rep-0@2",
    message,
    time: "2026-01-02T10:00:00Z",
    ...given,
  };
}

function filled(...lines: readonly LogLine[]): LogLines {
  const all = new LogLines();
  for (const each of lines) all.take(each);
  return all;
}

const texts = (lines: LogLines) => lines.rows.map(({ text }) => text);
const ALL = { name: "", level: "debug", search: "", request: "" } as const;

Deno.test("LogLines filter by Executor, least level, text and request, also lines that come later", () => {
  const lines = filled(
    line("Hello"),
    line("broken", { level: "error", request: "r1" }),
    line("of the Flow", { name: "Flow", level: "warning" }),
  );
  assertEquals(lines.names, ["Flow", "encoder"]);
  lines.filter = { ...ALL, name: "encoder" };
  assertEquals(texts(lines), ["Hello", "broken"]);
  lines.filter = { ...ALL, level: "warning" };
  assertEquals(texts(lines), ["broken", "of the Flow"]);
  lines.filter = { ...ALL, search: "hELLO" };
  lines.take(line("hello again"));
  assertEquals(texts(lines), ["Hello", "hello again"]);
  lines.filter = { ...ALL, request: "r1" };
  assertEquals([texts(lines), lines.count], [["broken"], 4]);
});

Deno.test("LogLines have a row for each line of a message", () => {
  assertEquals(filled(line("a\nb")).rows.map(({ text, isFirst }) => [text, isFirst]), [["a", true], [
    "b",
    false,
  ]]);
});

Deno.test("LogLines drop the oldest, and say how many rows that were", () => {
  const lines = filled(line("only this is shown", { level: "error" }));
  lines.filter = { ...ALL, level: "error" };
  let dropped = 0;
  for (let at = 0; at < 2 * MOST_LINES; at++) dropped += lines.take(line(String(at)));
  assertEquals([dropped, lines.rows.length], [1, 0]);
  assertEquals(lines.count >= MOST_LINES && lines.count <= MOST_LINES + 500, true);
});
