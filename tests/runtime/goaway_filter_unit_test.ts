import { assertEquals } from "@std/assert";
import { GoawayFilter } from "../../src/runtime/_goaway_filter.ts";

const PREFACE = new Uint8Array(24).fill(1);

function frame(type: number, length: number): Uint8Array {
  const bytes = new Uint8Array(9 + length).fill(type);
  bytes.set([0, length >> 8, length & 255, type]);
  return bytes;
}

function joined(parts: readonly Uint8Array[]): number[] {
  return parts.flatMap((part) => [...part]);
}

Deno.test("GoawayFilter leaves GOAWAY frames out, however the bytes are cut into pieces", () => {
  const frames = [
    frame(4, 0),
    frame(1, 3),
    frame(7, 8),
    frame(0, 300),
    frame(7, 20),
    frame(7, 8),
    frame(6, 8),
  ];
  const sent = joined([PREFACE, ...frames]);
  const expected = joined([PREFACE, ...frames.filter((one) => one[3] !== 7)]);
  for (let size = 1; size <= sent.length; size++) {
    const filter = new GoawayFilter();
    const parts: Uint8Array[] = [];
    for (let at = 0; at < sent.length; at += size) {
      parts.push(...filter.pass(Uint8Array.from(sent.slice(at, at + size))));
    }
    assertEquals(joined(parts), expected, `pieces of ${size} bytes`);
  }
});

Deno.test("GoawayFilter passes on what has no GOAWAY frame as it is", () => {
  const filter = new GoawayFilter();
  const bytes = Uint8Array.from(joined([PREFACE, frame(4, 0), frame(0, 9)]));
  const [only, ...others] = filter.pass(bytes);
  assertEquals([only.buffer === bytes.buffer, only.length, others.length], [true, bytes.length, 0]);
});
