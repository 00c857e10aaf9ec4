import { assertEquals, assertMatch, assertThrows } from "@std/assert";
import type { ClientOptions } from "../../mod.ts";
import { connectionOf } from "../../src/client/_connection.ts";

const PEM = "-----BEGIN CERTIFICATE-----\n";

Deno.test("connectionOf() gives the address as a URL", () => {
  const cases: [ClientOptions, string][] = [
    [{}, "http://127.0.0.1:12345"],
    [{ tls: true, host: "example.com" }, "https://example.com:12345"],
    [{ protocol: "grpc", port: 1 }, "grpc://127.0.0.1:1"],
    [{ protocol: "grpc", tls: { ca: PEM } }, "grpcs://127.0.0.1:12345"],
    [{ protocol: "websocket", host: "::1" }, "ws://[::1]:12345"],
    [{ protocol: "websocket", tls: true }, "wss://127.0.0.1:12345"],
  ];
  for (const [options, address] of cases) assertEquals(connectionOf(options).address, address);
});

Deno.test("connectionOf() refuses what does not belong together, and says what to do", () => {
  const cases: [object, RegExp][] = [
    [{ protocol: "grcp" }, /protocol "grcp": expected "http", "grpc" or "websocket"; did you mean "grpc"\?$/],
    [{ protocol: "grpc", headers: { a: "b" } }, /headers with protocol "grpc": .*use `metadata`/],
    [{ metadata: { a: "b" } }, /metadata with protocol "http": .*use `headers`/],
    [{ protocol: "websocket", metadata: {} }, /metadata with protocol "websocket"/],
    [{ tls: { ca: PEM } }, /own certificates with protocol "http": expected `tls: true`; .*DENO_CERT/],
    [{ protocol: "grpc", tls: { ca: "ca.pem" } }, /"tls\.ca": expected the text of a PEM file/],
    [{ protocol: "grpc", tls: { cert: PEM } }, /"tls\.cert" alone: expected `cert` and `key`/],
    [{ protocol: "grpc", tls: { root: PEM } }, /the option "root"/],
    [{ protocol: "grpc", metadata: { "a b": "c" } }, /the metadata "a b": expected letters/],
    [{ protocol: "grpc", metadata: { "a-bin": "c" } }, /the metadata "a-bin": expected letters/],
    [{ protocol: "grpc", metadata: { a: "ä" } }, /the metadata "a": expected printable ASCII/],
    [{ headers: { "a b": "c" } }, /these headers: /],
    [{ protocol: "grpc", port: 70_000 }, /for "grpc:\/\/127\.0\.0\.1:70000"/],
  ];
  for (const [options, message] of cases) {
    assertMatch(assertThrows(() => connectionOf(options as ClientOptions), TypeError).message, message);
  }
});

Deno.test("A Client for HTTP imports neither protobuf nor grpc-js", async () => {
  const seen = new Set([new URL("../../src/client/client.ts", import.meta.url).href]);
  const packages = new Set<string>();
  for (const url of seen) {
    const text = await Deno.readTextFile(new URL(url));
    for (const [, from] of text.matchAll(/^(?:import|export) (?!type\b)[^;]*?["']([^"']+)["'];/gm)) {
      if (from.startsWith(".")) seen.add(new URL(from, url).href);
      else packages.add(from);
    }
  }
  assertEquals([...seen].filter((url) => url.includes("/protobuf/")), []);
  assertEquals([...packages].filter((name) => /grpc|protobuf/.test(name)), []);
});
