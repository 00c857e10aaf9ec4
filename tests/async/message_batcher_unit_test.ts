import { assertEquals } from "@std/assert";
import { MessageBatcher } from "../../src/async/message_batcher.ts";
import { settled } from "../support/fake_time.ts";

Deno.test("MessageBatcher sends all messages of one turn as one array", async () => {
  const sent: string[][] = [];
  const batcher = new MessageBatcher<string>((messages) => sent.push(messages));
  batcher.send("a");
  batcher.send("b");
  assertEquals(sent, []);
  await settled(1);
  batcher.send("c");
  await settled(1);
  assertEquals(sent, [["a", "b"], ["c"]]);
});

Deno.test("MessageBatcher.flush() sends at once, and nothing when nothing waits", async () => {
  const sent: string[][] = [];
  const batcher = new MessageBatcher<string>((messages) => sent.push(messages));
  batcher.flush();
  batcher.send("a");
  batcher.flush();
  assertEquals(sent, [["a"]]);
  await settled(1);
  assertEquals(sent, [["a"]]);
});

Deno.test("MessageBatcher sends at once what is large", () => {
  const sent: string[][] = [];
  const batcher = new MessageBatcher<string>((messages) => sent.push(messages));
  batcher.send("small", 10);
  batcher.send("large", 65_536);
  assertEquals(sent, [["small", "large"]]);
});
