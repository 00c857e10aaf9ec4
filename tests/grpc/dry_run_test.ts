/** The dry run of a Jina gateway whose Executor is a Flow of ours: no handler may see it. */
import { status } from "@grpc/grpc-js";
import { assertEquals, assertStringIncludes } from "@std/assert";
import { BinaryWriter, writeMessage } from "../../src/protobuf/wire.ts";
import { Served } from "../flow/_serve.ts";
import { FILE } from "../support/reloading.ts";
import { TempFolder } from "../support/temp_folder.ts";
import { BOTH, DYING, killForGood } from "./_dying.ts";
import { LIST, RawClient, requestOf, SINGLE } from "./_grpc.ts";

const METADATA = { endpoint: "_jina_dry_run_" };
const REFUSING = DYING.replace(
  "for (const doc of docs)",
  "throw new Error('a dry run came'); for (const doc of docs)",
);

Deno.test("_jina_dry_run_ is answered without a handler, and with UNAVAILABLE when a deployment is down", async () => {
  await using folder = await TempFolder.make();
  await folder.write(FILE, REFUSING);
  await using served = await Served.start({ uses: folder.at(FILE) }, BOTH);
  const [http, grpc] = served.flow.ports;
  const client = new RawClient(grpc);
  try {
    const request = requestOf("a", 3);
    assertEquals((await client.unary(SINGLE, request, METADATA)).bytes, request);
    const list = new BinaryWriter();
    for (const one of [request, requestOf("b")]) writeMessage(list, 1, one);
    assertEquals((await client.unary(LIST, list.finish(), METADATA)).bytes, request);
    await killForGood(http, served.log);
    const { error } = await client.unary(SINGLE, request, METADATA);
    assertEquals(error?.code, status.UNAVAILABLE);
    assertStringIncludes(error?.details ?? "", "executor0 is down");
  } finally {
    client.close();
  }
});
