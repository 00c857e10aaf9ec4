import { assertEquals, assertThrows } from "@std/assert";
import { gunzip, readTar } from "../../tools/tar.ts";
import { gzip, makeTar } from "./_make_tar.ts";

function read(tar: Uint8Array): Record<string, string> {
  return Object.fromEntries(
    [...readTar(tar)].map(({ path, bytes }) => [path, new TextDecoder().decode(bytes)]),
  );
}

Deno.test("readTar() gives files of any size with their contents when the archive is whole", () => {
  const files = { "package/a.js": "a", "package/empty.js": "", "package/b.js": "b".repeat(1025) };
  assertEquals(read(makeTar(files)), files);
});

Deno.test("readTar() joins prefix and name when a path is split over both", () => {
  const tar = makeTar({ "b.js": "b" }, { prefix: "package/a" });
  assertEquals(read(tar), { "package/a/b.js": "b" });
});

Deno.test("readTar() takes the path from a pax record when one comes before the file", () => {
  const record = "path=package/very/long.js\n";
  const pax = `${record.length + 3} ${record}`;
  const tar = makeTar([["PaxHeader", pax, "x"], ["short", "1"], ["next.js", "2"]]);
  assertEquals(read(tar), { "package/very/long.js": "1", "next.js": "2" });
});

Deno.test("readTar() passes over folders and links", () => {
  const tar = makeTar([["package/", "", "5"], ["package/link", "", "2"], ["package/a.js", "a"]]);
  assertEquals(read(tar), { "package/a.js": "a" });
});

Deno.test("readTar() throws when a header is damaged or the end is missing", () => {
  const tar = makeTar({ "a.js": "a".repeat(600) });
  assertThrows(() => read(tar.slice(0, 1024)), RangeError, "it ends inside the file at byte 0");
  tar[0] = 33;
  assertThrows(() => read(tar), RangeError, "the header at byte 0 is damaged");
});

Deno.test("gunzip() undoes gzip", async () => {
  const bytes = new TextEncoder().encode("hot".repeat(10_000));
  assertEquals(await gunzip(await gzip(bytes)), bytes);
});
