import { assertEquals } from "@std/assert";
import { printable } from "../../src/log/printable.ts";

Deno.test("printable() leaves no control characters, and cuts a long text", () => {
  assertEquals(printable("/a\nb\r\t\u001b[0m\u2028é"), "/a\\nb\\r\\t\\u001b[0m\\u2028é");
  assertEquals(printable("x".repeat(201)), `${"x".repeat(200)}…`);
  assertEquals(printable("x".repeat(200)), "x".repeat(200));
});
