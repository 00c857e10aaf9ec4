import { assertEquals, assertNotEquals } from "@std/assert";
import { contentHash } from "../../src/runtime/content_hash.ts";

Deno.test("contentHash() differs when any byte differs, also in the last incomplete word", () => {
  for (const length of [1, 3, 4, 5, 7, 64]) {
    const bytes = new Uint8Array(length).fill(97);
    const hash = contentHash(bytes);
    for (let at = 0; at < length; at++) {
      const changed = bytes.slice();
      changed[at] = 98;
      assertNotEquals(contentHash(changed), hash);
    }
  }
});

Deno.test("contentHash() differs for zeros of different lengths", () => {
  const hashes = Array.from({ length: 20 }, (_, length) => contentHash(new Uint8Array(length)));
  assertEquals(new Set(hashes).size, hashes.length);
});

Deno.test("contentHash() is the same for the same bytes at another offset of a buffer", () => {
  const bytes = new TextEncoder().encode("export class MyExecutor {}");
  const shifted = new Uint8Array(bytes.length + 3);
  shifted.set(bytes, 3);
  assertEquals(contentHash(shifted.subarray(3)), contentHash(bytes));
});
