/** Calls that are lost with their worker, a thread or a process: what each protocol says. */
import { status } from "@grpc/grpc-js";
import { assertEquals, assertMatch, assertRejects } from "@std/assert";
import { BadServerError, Client } from "../../mod.ts";
import { readRequest, writeRequest } from "../../src/protobuf/messages.ts";
import { BinaryWriter, writeMessage } from "../../src/protobuf/wire.ts";
import { Served } from "../flow/_serve.ts";
import { inTime } from "../support/in_time.ts";
import { FILE } from "../support/reloading.ts";
import { PACKAGE } from "../support/target.ts";
import { TempFolder } from "../support/temp_folder.ts";
import { BOTH } from "./_dying.ts";
import { CALL, LIST, RawClient, SINGLE } from "./_grpc.ts";

const LOST =
  /^CutError: the request was lost: executor0\/rep-0 ended because .+; a client may send it again$/;

/** An Executor that ends its worker at once, or after the first document of a stream. */
const source = (way: string) =>
  `import { Document, Executor, requests } from ${JSON.stringify(PACKAGE)};
import process from "node:process";
export class Lost extends Executor {
  @requests()
  answer(docs) { for (const doc of docs) doc.text = "it lives"; }
  @requests({ on: "/die" })
  die() { ${way}; }
  @requests({ on: "/tell" })
  async *tell() {
    yield new Document({ text: "one" });
    // The document is sent with the next turns of the event loop.
    await new Promise((resolve) => setTimeout(resolve, 50));
    ${way};
    await new Promise(() => {});
  }
}
`;

const WAYS = {
  "a thread that closes itself": [{}, "self.close()"],
  "a process that aborts": [{ isolation: "process" }, 'process.kill(process.pid, "SIGABRT"); for (;;)'],
} as const;

/** A request with one document. */
function dying(): Uint8Array {
  const docs = new BinaryWriter();
  writeMessage(docs, 1, new Uint8Array());
  return writeRequest({ requestId: "lost", endpoint: "/die", docs: docs.finish() });
}

/** Serves, and waits after each use until the worker is replaced: too many deaths at once leave it down. */
async function served(way: keyof typeof WAYS, use: (served: Served) => Promise<void>): Promise<void> {
  const [options, code] = WAYS[way];
  await using folder = await TempFolder.make();
  await folder.write(FILE, source(code));
  await using served = await Served.start({ uses: folder.at(FILE), ...options }, BOTH);
  await use(served);
  await inTime(served.post("/", { data: [{}] }), "the answer of a new worker");
}

for (const way of Object.keys(WAYS) as (keyof typeof WAYS)[]) {
  Deno.test(`${way} loses its calls: UNAVAILABLE with the reason, and 503 over HTTP`, async () => {
    await served(way, async (served) => {
      const { status: code, body } = await served.post("/die", { data: [{}] });
      assertEquals([code, body.header.status.exception.name], [503, "CutError"]);
      assertMatch(body.header.status.description, LOST);
      using raw = disposable(new RawClient(served.flow.ports[1]));
      for (const method of [SINGLE, LIST]) {
        const { error } = await raw.client.unary(method, method === LIST ? listOf(dying()) : dying());
        assertEquals(error?.code, status.UNAVAILABLE);
        assertMatch(error!.details, LOST);
      }
    });
  });

  Deno.test(`${way} loses a call of a stream of requests: an error in the header of its answer`, async () => {
    await served(way, async (served) => {
      using raw = disposable(new RawClient(served.flow.ports[1]));
      const stream = raw.client.bidi(CALL).write(dying()).end();
      assertEquals((await stream.status).code, status.OK);
      assertMatch(readRequest(stream.received[0]).status!.description, LOST);
    });
  });

  Deno.test(`the Client has status 503 for a call that ${way} has lost`, async () => {
    await served(way, async (served) => {
      const [http, grpc] = served.flow.ports;
      for (const options of [{ port: http }, { port: grpc, protocol: "grpc" }] as const) {
        const lost = () => new Client(options).post("/die", {});
        const error = await assertRejects(lost, BadServerError);
        assertEquals(error.status, 503);
        assertMatch(error.message, LOST);
      }
    });
  });

  Deno.test(`a stream that ends with ${way}: the documents so far, and an error with status 503`, async () => {
    await served(way, async (served) => {
      const [http, grpc] = served.flow.ports;
      for (const options of [{ port: http }, { port: grpc, protocol: "grpc" }] as const) {
        const texts: string[] = [];
        const error = await assertRejects(async () => {
          for await (const doc of new Client(options).stream("/tell", {})) texts.push(doc.text);
        }, BadServerError);
        assertEquals([texts, error.status], [["one"], 503]);
        assertMatch(error.message, LOST);
      }
    });
  });
}

/** A `DataRequestListProto` of one request. */
function listOf(request: Uint8Array): Uint8Array {
  const list = new BinaryWriter();
  writeMessage(list, 1, request);
  return list.finish();
}

function disposable(client: RawClient): { client: RawClient; [Symbol.dispose](): void } {
  return { client, [Symbol.dispose]: () => client.close() };
}
