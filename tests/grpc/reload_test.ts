/** gRPC while Executors are reloaded and restarted, and while a Flow's YAML is applied. @module */
import { status } from "@grpc/grpc-js";
import { assertEquals } from "@std/assert";
import { Flow } from "../../mod.ts";
import { readRequest, writeSingleRequest } from "../../src/protobuf/messages.ts";
import { contentOf, DOCUMENTS } from "../protobuf/_recordings.ts";
import { executorSource } from "../support/flow_fixture.ts";
import { Latch } from "../support/latch.ts";
import { LogTrap } from "../support/log_trap.ts";
import { TempFolder } from "../support/temp_folder.ts";
import { CALL, RawClient, type RawStream, requestOf, SINGLE, STREAM_DOC } from "./_grpc.ts";

const FILE = "my_executor.ts";

/** The text of the first document of an answer; throws when the answer has an error. */
function textOf(answer: Uint8Array): string {
  const { docs, status } = readRequest(answer);
  assertEquals(status, undefined);
  return (contentOf(docs!, DOCUMENTS[1]).docs as { text: string }[])[0].text;
}

/** Sends unary calls and requests of one stream, a few at a time, until it is stopped. */
class Load {
  readonly texts: string[] = [];
  sent = 0;
  #stopped = false;
  readonly #stream: RawStream;
  readonly #done: Promise<unknown>;

  constructor(private readonly client: RawClient) {
    this.#stream = client.bidi(CALL);
    this.#done = Promise.all([this.#unary(), this.#unary(), this.#streamed()]);
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#done;
    assertEquals((await this.#stream.end().status).code, status.OK);
    assertEquals(this.texts.length, this.sent);
  }

  async #unary(): Promise<void> {
    while (!this.#stopped) {
      this.sent++;
      const { bytes, error } = await this.client.unary(SINGLE, requestOf(`u${this.sent}`, 3));
      assertEquals(error, undefined);
      this.texts.push(textOf(bytes!));
    }
  }

  async #streamed(): Promise<void> {
    for (let count = 0; !this.#stopped;) {
      for (let index = 0; index < 8; index++, this.sent++) this.#stream.write(requestOf(`s${count++}`, 3));
      const answers = await this.#stream.got(count);
      this.texts.push(...answers.slice(-8).map(textOf));
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
  }
}

Deno.test("gRPC loses nothing during 50 saves, and its stream stays open", async () => {
  await using folder = await TempFolder.make();
  await folder.write(FILE, executorSource("v0"));
  const log = new LogTrap();
  await using flow = await new Flow({ protocol: "grpc", port: 0, log: log.sink })
    .add({ uses: folder.at(FILE), reload: true }).start();
  const client = new RawClient(flow.port);
  const load = new Load(client);
  for (let version = 1; version <= 50; version++) {
    await folder.writeAtomic(FILE, executorSource(`v${version}`));
    while (load.texts.at(-1) !== `v${version}`) await client.unary(SINGLE, requestOf("wait", 3));
  }
  await load.stop();
  client.close();
});

Deno.test("gRPC loses nothing while the Flow's YAML is applied, with more Executors and again fewer", async () => {
  await using folder = await TempFolder.make();
  const yaml = (...files: string[]) =>
    `jtype: Flow\nwith:\n  protocol: GRPC\n  port: 0\nexecutors:\n${
      files.map((file) => `  - uses: ${file}\n`).join("")
    }`;
  await folder.write("a.ts", executorSource("a", "A"));
  await folder.write("b.ts", executorSource("b", "B"));
  await folder.write("flow.yml", yaml("a.ts"));
  const log = new LogTrap();
  await using flow = await (await Flow.load(folder.at("flow.yml"), { reload: true, log: log.sink })).start();
  const client = new RawClient(flow.port);
  const load = new Load(client);
  for (let round = 0; round < 5; round++) {
    for (const files of [["a.ts", "b.ts"], ["a.ts"]]) {
      await folder.writeAtomic("flow.yml", yaml(...files));
      const text = files.at(-1)!.charAt(0);
      while (load.texts.at(-1) !== text) await client.unary(SINGLE, requestOf("wait", 3));
    }
  }
  await load.stop();
  client.close();
  assertEquals(log.count(/restart|port|protocol/), 0);
});

Deno.test("stream_doc goes on in the version in which it began", async () => {
  await using folder = await TempFolder.make();
  await using latch = new Latch();
  const source = (text: string) =>
    executorSource(
      text,
      "MyExecutor",
      `  @requests({ on: "/stream" })
  async *stream() {
    yield { text: "${text} 1" };
    await fetch("${latch.url}");
    yield { text: "${text} 2" };
  }`,
    );
  await folder.write(FILE, source("old"));
  const log = new LogTrap();
  await using flow = await new Flow({ protocol: "grpc", port: 0, log: log.sink })
    .add({ uses: folder.at(FILE), reload: true }).start();
  const client = new RawClient(flow.port);
  const request = writeSingleRequest({
    requestId: "r",
    endpoint: "/stream",
    docs: new Uint8Array([0x0a, 1, 97]),
  });
  const streams = [client.serverStream(STREAM_DOC, request)];
  await streams[0].got(1);
  await folder.writeAtomic(FILE, source("new"));
  await log.waitFor(/version 2 serves/);
  streams.push(client.serverStream(STREAM_DOC, request));
  await streams[1].got(1);
  latch.open();
  const ends = await Promise.all(streams.map((stream) => stream.status));
  client.close();
  assertEquals(ends.map(({ code }) => code), [status.OK, status.OK]);
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes).match(/(?:old|new) \d/)?.[0];
  assertEquals(streams.map(({ received }) => received.map(text)), [["old 1", "old 2"], ["new 1", "new 2"]]);
});
