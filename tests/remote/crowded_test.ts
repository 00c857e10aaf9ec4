/** More calls than a server of gRPC takes on one connection: the others wait, and so do the checks. */
import { Server, ServerCredentials, type ServerUnaryCall } from "@grpc/grpc-js";
import { assertEquals } from "@std/assert";
import { inTime } from "../support/in_time.ts";
import { serveFront } from "./_flows.ts";

const [LIMIT, CALLS] = [100, 110];
const PATIENCE_MS = 40_000;
const plain = (bytes: Uint8Array) => bytes as never;

/** Answers calls with their own bytes, once it is released. */
async function serveEcho() {
  const server = new Server({ "grpc.max_concurrent_streams": LIMIT });
  const { promise: released, resolve: release } = Promise.withResolvers<void>();
  const method = {
    ...{
      path: "/jina.JinaSingleDataRequestRPC/process_single_data",
      requestStream: false,
      responseStream: false,
    },
    ...{
      requestSerialize: plain,
      requestDeserialize: plain,
      responseSerialize: plain,
      responseDeserialize: plain,
    },
  };
  let calls = 0;
  server.addService({ echo: method }, {
    async echo(
      { request }: ServerUnaryCall<unknown, unknown>,
      answer: (error: null, bytes: unknown) => void,
    ) {
      calls++;
      await released;
      answer(null, request);
    },
  });
  const { promise: port, resolve } = Promise.withResolvers<number>();
  server.bindAsync("127.0.0.1:0", ServerCredentials.createInsecure(), (_, bound) => resolve(bound));
  return {
    ...{ address: `grpc://127.0.0.1:${await port}`, release, calls: () => calls },
    async [Symbol.asyncDispose]() {
      release();
      await new Promise((resolve) => server.tryShutdown(resolve));
    },
  };
}

Deno.test("calls that a server has not taken yet, since it has many, are no sign that it vanished", async () => {
  await using echo = await serveEcho();
  await using front = await serveFront("grpc", { uses: echo.address, name: "far" });
  const send = (text: string) =>
    front.client.post("/x", { text }, { retries: 0 }).then(([doc]) => doc.text, String);
  const calls = Array.from({ length: CALLS }, (_, at) => send(String(at)));
  const reason = () => front.flow.status().deployments[0].addresses![0].reason;
  const until = (what: string, holds: () => boolean) =>
    inTime(
      (async () => {
        while (!holds()) await new Promise((resolve) => setTimeout(resolve, 20));
      })(),
      what,
      PATIENCE_MS,
    );
  await until("a check that waits", () => reason() !== undefined);
  await until("another connection", () => reason() === undefined);
  const further = send("further");
  await until("its call", () => echo.calls() > LIMIT);
  echo.release();
  assertEquals(await Promise.all([...calls, further]), [...calls.map((_, at) => String(at)), "further"]);
});
