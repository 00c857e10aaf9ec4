import { assertEquals } from "@std/assert";
import { exitCodeOf, ignoresHangup } from "../../src/runtime/signals.ts";

const statusOf = (mask: string) =>
  `Name:\tdeno\nSigBlk:\t0000000000000001\nSigIgn:\t${mask}\nSigCgt:\t0000000000000001\n`;

Deno.test("ignoresHangup() reads bit 0 of the signals that a process ignores", () => {
  const masks = [
    "0000000000001001",
    "0000000000000007",
    "0000000000001000",
    "0000000000001006",
    "ffffffffffffffff",
  ];
  assertEquals(masks.map((mask) => ignoresHangup(statusOf(mask))), [true, true, false, false, true]);
});

Deno.test("ignoresHangup() says no where there is no such file", () => {
  assertEquals([ignoresHangup(undefined), ignoresHangup("")], [false, false]);
});

Deno.test("exitCodeOf() is 128 and the signal's number", () => {
  assertEquals([exitCodeOf("SIGHUP"), exitCodeOf("SIGINT"), exitCodeOf("SIGTERM")], [129, 130, 143]);
});
