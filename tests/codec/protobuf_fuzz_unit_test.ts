/** Requests that were cut short or changed: each is decoded, or refused with its place; none of it loops or throws anything else. */
import { assert, assertEquals } from "@std/assert";
import { protobufCodec1, protobufCodec2 } from "../../src/codec/protobuf_codec.ts";
import { InvalidRequestError } from "../../src/errors/mod.ts";
import { recordings } from "../protobuf/_recordings.ts";

const CODECS = [protobufCodec1, protobufCodec2];

/** What became of a request: it was refused, or decoded, and then its documents are encoded again. */
function outcome(body: Uint8Array): void {
  for (const codec of CODECS) {
    try {
      const { docs, parameters } = codec.decodeRequest({ body, requestId: "r" });
      codec.encodeDocuments(docs);
      codec.encodeResult(parameters);
    } catch (error) {
      assert(error instanceof InvalidRequestError, (error as Error).stack);
      assertEquals(error.issues[0].loc[0], "body");
    }
  }
}

/** Pseudo-random numbers: a failure can be repeated. */
function randomOf(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = Math.imul(state ^ state >>> 15, state | 1);
    state ^= state + Math.imul(state ^ state >>> 7, state | 61);
    return ((state ^ state >>> 14) >>> 0) % below;
  };
}

Deno.test("protobufCodec refuses requests that are cut short at any byte", () => {
  for (const { request } of recordings) {
    for (let length = 0; length < request.length; length++) outcome(request.slice(0, length));
  }
});

Deno.test("protobufCodec refuses or decodes requests with changed bytes", () => {
  const random = randomOf(1);
  for (const { request, responses } of recordings) {
    for (const message of [request, ...responses]) {
      for (let round = 0; round < 500; round++) {
        const changed = message.slice();
        for (let count = 1 + random(4); count > 0; count--) changed[random(changed.length)] = random(256);
        outcome(changed);
      }
    }
  }
});

Deno.test("protobufCodec refuses or decodes requests with bytes that were put in or left out", () => {
  const random = randomOf(2);
  for (const { request } of recordings) {
    for (let round = 0; round < 500; round++) {
      const changed = [...request];
      const at = random(changed.length);
      changed.splice(at, random(3), ...Array.from({ length: random(6) }, () => random(256)));
      outcome(Uint8Array.from(changed));
    }
  }
});

Deno.test("protobufCodec refuses or decodes random bytes", () => {
  const random = randomOf(3);
  for (let round = 0; round < 5000; round++) {
    outcome(Uint8Array.from({ length: random(64) }, () => random(256)));
  }
});
