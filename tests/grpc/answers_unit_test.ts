/** The answers of a stream: how many requests are under way, and of what size. */
import { assertEquals } from "@std/assert";
import { AsyncQueue } from "../../src/async/async_queue.ts";
import { type AnswerOptions, answersTo } from "../../src/grpc/_answers.ts";

/** Lets everything happen that waits for nothing. */
function settled(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve));
}

/** A stream whose answers have `size` bytes; they wait until `read()` takes them. */
function streamOf(size: number, options: Partial<AnswerOptions> = {}) {
  const requests = new AsyncQueue<Uint8Array>();
  const started: number[] = [];
  const run = (request: Uint8Array) => {
    started.push(request.length);
    return Promise.resolve(new Uint8Array(size));
  };
  const answers = answersTo(requests, run, { inOrder: false, limit: 128, maxSize: 1_000, ...options });
  return { requests, started, read: () => answers.next() };
}

for (const inOrder of [true, false]) {
  const title = inOrder ? "in order" : "as they are ready";
  Deno.test(`answersTo() counts answers that are not sent, ${title}`, async () => {
    const { requests, started, read } = streamOf(400, { inOrder });
    // The client takes the first one, and then stops.
    const first = read();
    for (let i = 0; i < 20; i++) {
      requests.push(new Uint8Array(1));
      await settled();
    }
    await first;
    assertEquals(started.length, 3);
    await read();
    await settled();
    assertEquals(started.length, 4);
    requests.end();
    let count = 2;
    while (!(await read()).done) count++;
    assertEquals([started.length, count], [20, 20]);
  });
}

Deno.test("answersTo() counts a request until its answer is sent", async () => {
  const { requests, started, read } = streamOf(0);
  for (let i = 0; i < 5; i++) requests.push(new Uint8Array(600));
  await read();
  await settled();
  assertEquals(started.length, 2);
  await read();
  await settled();
  assertEquals(started.length, 3);
});
