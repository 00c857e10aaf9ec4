import { assertEquals } from "@std/assert";
import { nearest } from "../../src/errors/mod.ts";

Deno.test("nearest() gives the name that was meant when letters are missing, doubled, swapped or of another case", () => {
  const known = ["/search", "/index", "/delete"];
  const slips = { "/serach": "/search", "/searchh": "/search", "/INDEX": "/index", "/delte": "/delete" };
  for (const [slip, meant] of Object.entries(slips)) assertEquals(nearest(slip, known), meant);
});

Deno.test("nearest() gives the nearest of several near names", () => {
  assertEquals(nearest("names", ["nam", "names2", "name"]), "names2");
});

Deno.test("nearest() gives nothing when nothing is near or nothing is known", () => {
  assertEquals(nearest("/completely/else", ["/index", "/search"]), undefined);
  assertEquals(nearest("/index", []), undefined);
});
