import { assert, assertEquals } from "@std/assert";
import { EventHub } from "../../src/live/event_hub.ts";
import type { FlowEvent } from "../../src/live/flow_event.ts";
import { FakeTime } from "../support/fake_time.ts";

const HELLO = {
  process: { hotflow: "0", runtime: "none", pid: 1 },
  editor: "",
  status: { deployments: [], ports: [], page: true, polled: false },
  loads: [],
  troubles: [],
  log: [],
  samples: [],
};

/** An event whose message is this text. */
const line = (message: string): FlowEvent => ({
  ...{ kind: "log", level: "info", name: "a", message, time: new Date(0) },
});

/** A hub, and whether it is watched, as it was told. */
class Fixture {
  readonly told: boolean[] = [];
  readonly hub = new EventHub({ hello: () => HELLO, onWatched: (isWatched) => this.told.push(isWatched) });

  /** Opens a stream, and reads the ids and kinds of what is there. */
  async read(lastId?: string): Promise<{ seen: string[]; reader: ReadableStreamDefaultReader<Uint8Array> }> {
    const reader = this.hub.open(lastId).getReader();
    return { seen: await next(reader), reader };
  }

  id(number: number): string {
    return `${this.hub.boot}-${number}`;
  }
}

/** The numbers and kinds of the next messages. */
async function next(reader: ReadableStreamDefaultReader<Uint8Array>): Promise<string[]> {
  const { value, done } = await reader.read();
  if (done) return ["end"];
  const text = new TextDecoder().decode(value);
  return Array.from(
    text.matchAll(/^id: \w+-(\d+)\nevent: (\w+)$/gm),
    ([, number, kind]) => `${number} ${kind}`,
  );
}

Deno.test("EventHub numbers events, and gives all readers the same", async () => {
  const { hub, ...fixture } = new Fixture();
  hub.publish(line("before anyone"));
  const read = async () => {
    const reader = hub.open().getReader();
    return { reader, seen: await next(reader) };
  };
  const one = await read();
  assertEquals([one.seen, fixture.told], [["0 hello"], [true]]);
  hub.publish(line("a"));
  const two = await read();
  assertEquals(two.seen, ["1 hello"]);
  hub.publish(line("b"));
  hub.publish(line("c"));
  assertEquals([await next(one.reader), await next(two.reader)], [["1 log", "2 log", "3 log"], [
    "2 log",
    "3 log",
  ]]);
  hub.close();
});

Deno.test("EventHub gives a reader that comes back what it has missed, as long as that is known", async () => {
  const fixture = new Fixture();
  const { hub } = fixture;
  await fixture.read();
  for (const text of ["a", "b", "c"]) hub.publish(line(text));
  assertEquals((await fixture.read(fixture.id(1))).seen, ["2 log", "3 log"]);
  assertEquals((await fixture.read(fixture.id(0))).seen, ["1 log", "2 log", "3 log"]);
  for (const id of [fixture.id(4), "other-1", "", `${hub.boot}-`, `${hub.boot}--1`]) {
    assertEquals((await fixture.read(id)).seen, ["3 hello"], id);
  }
  for (let event = 0; event < 1_000; event++) hub.publish(line("x"));
  assertEquals((await fixture.read(fixture.id(2))).seen, ["1003 hello"]);
  assertEquals((await fixture.read(fixture.id(3))).seen.length, 1_000);
  hub.close();
});

Deno.test("EventHub keeps no more bytes than it may", async () => {
  const fixture = new Fixture();
  await fixture.read();
  for (let event = 0; event < 5; event++) fixture.hub.publish(line("x".repeat(900_000)));
  assertEquals((await fixture.read(fixture.id(2))).seen, ["5 hello"]);
  assertEquals((await fixture.read(fixture.id(3))).seen, ["4 log", "5 log"]);
  fixture.hub.close();
});

Deno.test("EventHub ends the stream of a reader that does not read, and not those of others", async () => {
  const fixture = new Fixture();
  const { hub } = fixture;
  const [slow, fast] = [await fixture.read(), await fixture.read()];
  for (let event = 1; event <= 5; event++) {
    hub.publish(line("x".repeat(1_000_000)));
    assertEquals(await next(fast.reader), [`${event} log`]);
  }
  assertEquals(await next(slow.reader), ["end"]);
  hub.publish(line("y"));
  assertEquals(await next(fast.reader), ["6 log"]);
  hub.close();
});

Deno.test("EventHub is watched for a while after its last reader, and then forgets", async () => {
  using time = new FakeTime();
  const fixture = new Fixture();
  const { hub } = fixture;
  const first = await fixture.read();
  await first.reader.cancel();
  await time.tick(9_000);
  hub.publish(line("a"));
  const second = await fixture.read(fixture.id(0));
  assertEquals([second.seen, fixture.told], [["1 log"], [true]]);
  await second.reader.cancel();
  await time.tick(10_000);
  assertEquals([fixture.told, hub.isWatched, time.pending], [[true, false], false, 0]);
  hub.publish(line("lost"));
  const third = await fixture.read(fixture.id(1));
  assertEquals([third.seen.map((one) => one.split(" ")[1]), fixture.told], [["hello"], [true, false, true]]);
  hub.close();
});

Deno.test("EventHub opens no stream that is never read, and ends all when it is closed", async () => {
  const fixture = new Fixture();
  const { hub } = fixture;
  hub.open();
  await hub.open().cancel();
  assertEquals(fixture.told, []);
  const { reader } = await fixture.read();
  const waiting = next(reader);
  hub.close();
  assertEquals([await waiting, (await fixture.read()).seen], [["end"], ["end"]]);
  assert(!hub.isWatched);
});
