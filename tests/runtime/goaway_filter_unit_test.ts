import { assertEquals } from "@std/assert";
import { GoawayFilter, OpenedStreams } from "../../src/runtime/_goaway_filter.ts";

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

Deno.test("OpenedStreams refuses the streams that a client has opened after the last one that is handled", () => {
  const headers = (stream: number) => {
    const bytes = frame(1, 20);
    bytes.set([0, 0, 0, stream], 5);
    return bytes;
  };
  const sent = joined([PREFACE, headers(1), frame(0, 300), headers(3), headers(5), frame(8, 4), headers(7)]);
  const goaway = frame(7, 8);
  goaway.set([0x80, 0, 0, 3], 9);
  const refused = [5, 7].flatMap((stream) => [0, 0, 4, 3, 0, 0, 0, 0, stream, 0, 0, 0, 7]);
  for (let size = 1; size <= sent.length; size++) {
    const opened = new OpenedStreams();
    for (let at = 0; at < sent.length; at += size) opened.read(Uint8Array.from(sent.slice(at, at + size)));
    const filter = new GoawayFilter("server", (last) => opened.refusedAfter(last));
    const received = [...frame(0, 3), ...goaway, ...frame(6, 8)];
    const parts: Uint8Array[] = [];
    for (let at = 0; at < received.length; at += size) {
      parts.push(...filter.pass(Uint8Array.from(received.slice(at, at + size))));
    }
    assertEquals(joined(parts), [...frame(0, 3), ...refused, ...frame(6, 8)], `pieces of ${size} bytes`);
    assertEquals(opened.refusedAfter(2 ** 31 - 1).length, 0);
  }
});
