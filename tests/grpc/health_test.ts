/** gRPC's health service before real deployments, which go down and come back. */
import { Buffer } from "node:buffer";
import { assertEquals } from "@std/assert";
import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import { Client, credentials } from "@grpc/grpc-js";
import {
  HealthCheckRequestSchema,
  HealthCheckResponse_ServingStatus as Status,
  HealthCheckResponseSchema,
} from "../../src/grpc/gen/grpc/health/v1/health_pb.ts";
import { FILE } from "../support/reloading.ts";
import { inTime } from "../support/in_time.ts";
import { TempFolder } from "../support/temp_folder.ts";
import { DYING, killForGood } from "./_dying.ts";
import { GrpcFlow } from "./_grpc_flow.ts";

/** A call of Watch; `next` has the statuses one by one. */
class Watch implements Disposable {
  readonly #client: Client;
  readonly #statuses: AsyncIterator<Status>;

  constructor(port: number, service = "") {
    this.#client = new Client(`127.0.0.1:${port}`, credentials.createInsecure());
    const call = this.#client.makeServerStreamRequest(
      "/grpc.health.v1.Health/Watch",
      (request: Uint8Array) => Buffer.from(request),
      (bytes: Buffer) => fromBinary(HealthCheckResponseSchema, bytes).status,
      toBinary(HealthCheckRequestSchema, create(HealthCheckRequestSchema, { service })),
    );
    this.#statuses = call[Symbol.asyncIterator]();
  }

  async next(): Promise<Status> {
    return (await inTime(this.#statuses.next(), "the next status")).value;
  }

  [Symbol.dispose](): void {
    this.#client.close();
  }
}

Deno.test("Watch tells that a deployment has gone down, and that a save has brought it back", async () => {
  await using folder = await TempFolder.make();
  await folder.write(FILE, DYING);
  await using flow = await GrpcFlow.start({ uses: folder.at(FILE), reload: true });
  using watch = new Watch(flow.port);
  assertEquals(await watch.next(), Status.SERVING);
  await killForGood(flow);
  assertEquals(await watch.next(), Status.NOT_SERVING);
  await folder.write(FILE, `${DYING}// saved\n`);
  assertEquals(await watch.next(), Status.SERVING);
});

Deno.test("Watch tells nothing while a worker is replaced, or a save is loaded", async () => {
  await using folder = await TempFolder.make();
  await folder.write(FILE, DYING);
  await using flow = await GrpcFlow.start({ uses: folder.at(FILE), reload: true });
  using watch = new Watch(flow.port);
  assertEquals(await watch.next(), Status.SERVING);
  await flow.run("/die");
  await flow.run("/");
  const mark = flow.log.mark;
  await folder.write(FILE, `${DYING}// saved\n`);
  await flow.log.waitFor(/version 2 serves/, mark);
  await killForGood(flow);
  assertEquals(await watch.next(), Status.NOT_SERVING);
});

Deno.test("Watch tells that the deployment that was down is no longer part of the Flow", async () => {
  await using folder = await TempFolder.make();
  await folder.write(FILE, DYING);
  const uses = folder.at(FILE);
  await using flow = await GrpcFlow.start({ uses, name: "a" });
  using watch = new Watch(flow.port);
  assertEquals(await watch.next(), Status.SERVING);
  await killForGood(flow);
  assertEquals(await watch.next(), Status.NOT_SERVING);
  await flow.change({ uses, name: "b" });
  assertEquals(await watch.next(), Status.SERVING);
});
