/** Streams from Executors elsewhere whose clients leave, or do not read. */
import { assertEquals } from "@std/assert";
import { Client, Document, type DocumentArray, Executor, Flow, requests } from "../../mod.ts";
import { inTime } from "../support/in_time.ts";
import { serveFar } from "./_flows.ts";

/** How many documents a client takes: with a listener for each, cancelling overflowed the stack. */
const TAKEN = 14_000;
/** A few of these fill the buffers between a stream and its client. */
const LONG = "x".repeat(30_000);

class Endless extends Executor {
  @requests({ on: "/endless" })
  async *endless(docs: DocumentArray) {
    for (;;) yield new Document({ text: docs[0].text ?? "" });
  }
}

/** A Flow with an Executor elsewhere, and the number of its calls. */
async function serve(closeTimeout = 200) {
  const far = await serveFar(Endless);
  const flow = await new Flow({ protocol: ["http", "grpc"], port: 0, closeTimeout, log: () => {} })
    .add({ uses: far.address, name: "far" }).start();
  const calls = () => flow.status().deployments[0].addresses![0].calls;
  const idle = async () => {
    while (calls() > 0) await new Promise((resolve) => setTimeout(resolve, 10));
  };
  return { far, flow, calls, idle: () => inTime(idle(), "the end of the call") };
}

for (const end of ["the client leaves", "the Flow closes"]) {
  Deno.test(`over http: a long stream ends when ${end}`, async () => {
    const { far, flow, idle } = await serve();
    await using _far = far;
    let [taken, closed] = [0, Promise.resolve()];
    const read = async () => {
      for await (const _ of new Client({ port: flow.port }).stream("/endless", { text: "a" })) {
        if (++taken !== TAKEN) continue;
        if (end === "the client leaves") break;
        closed = flow.close();
      }
    };
    await inTime(read().catch(() => {}), "the end of the stream", 60_000);
    assertEquals(taken >= TAKEN, true);
    await idle();
    await inTime(Promise.all([closed, flow.close()]), "the end of the Flow");
  });
}

for (const protocol of ["http", "grpc"] as const) {
  Deno.test(`over ${protocol}: a client that does not read, and then leaves, ends its call`, async () => {
    const { far, flow, calls, idle } = await serve();
    await using _far = far;
    const abort = new AbortController();
    const client = new Client({ protocol, port: flow.ports[protocol === "http" ? 0 : 1] });
    const stream = client.stream("/endless", { text: LONG }, { signal: abort.signal })
      [Symbol.asyncIterator]();
    await stream.next();
    // The buffers are full once no more documents arrive.
    await new Promise((resolve) => setTimeout(resolve, 500));
    assertEquals(calls(), 1);
    abort.abort();
    await stream.next().catch(() => {});
    await idle();
    await inTime(flow.close(), "the end of the Flow");
  });
}
