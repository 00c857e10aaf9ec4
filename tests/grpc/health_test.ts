/** gRPC's health service before real deployments, which go down and come back. */
import { Buffer } from "node:buffer";
import { assertEquals, assertRejects } from "@std/assert";
import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import { Client, credentials } from "@grpc/grpc-js";
import {
  HealthCheckRequestSchema,
  HealthCheckResponse_ServingStatus as Status,
  HealthCheckResponseSchema,
} from "../../src/grpc/gen/grpc/health/v1/health_pb.ts";
import { Flow } from "../../mod.ts";
import { Served } from "../flow/_serve.ts";
import { inTime } from "../support/in_time.ts";
import { LogTrap } from "../support/log_trap.ts";
import { FILE } from "../support/reloading.ts";
import { TempFolder } from "../support/temp_folder.ts";
import { ask, BOTH, DYING, killForGood } from "./_dying.ts";

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
  await using served = await Served.start({ uses: folder.at(FILE), reload: true }, BOTH);
  const [http, grpc] = served.flow.ports;
  using watch = new Watch(grpc);
  assertEquals(await watch.next(), Status.SERVING);
  await killForGood(http, served.log);
  assertEquals(await watch.next(), Status.NOT_SERVING);
  await folder.write(FILE, `${DYING}// saved\n`);
  assertEquals(await watch.next(), Status.SERVING);
});

Deno.test("Watch tells nothing while a worker is replaced, or a save is loaded", async () => {
  await using folder = await TempFolder.make();
  await folder.write(FILE, DYING);
  await using served = await Served.start({ uses: folder.at(FILE), reload: true }, BOTH);
  const [http, grpc] = served.flow.ports;
  using watch = new Watch(grpc);
  assertEquals(await watch.next(), Status.SERVING);
  await ask(http, "/die");
  await ask(http, "/");
  const mark = served.log.mark;
  await folder.write(FILE, `${DYING}// saved\n`);
  await served.log.waitFor(/version 2 serves/, mark);
  await killForGood(http, served.log);
  assertEquals(await watch.next(), Status.NOT_SERVING);
});

Deno.test("Watch tells that the deployment that was down is no longer part of the Flow", async () => {
  await using folder = await TempFolder.make();
  await folder.write(FILE, DYING);
  const yaml = (name: string) => `jtype: Flow\nexecutors: [{ uses: ${FILE}, name: ${name} }]\n`;
  const log = new LogTrap();
  const path = await folder.write("flow.yml", yaml("a"));
  await using flow = await Flow.load(path, { ...BOTH, reload: true, log: log.sink });
  const [http, grpc] = (await flow.start()).ports;
  using watch = new Watch(grpc);
  assertEquals(await watch.next(), Status.SERVING);
  await killForGood(http, log);
  assertEquals(await watch.next(), Status.NOT_SERVING);
  await folder.write("flow.yml", yaml("b"));
  assertEquals(await watch.next(), Status.SERVING);
});

Deno.test("Watch ends with UNAVAILABLE when the Flow is closed", async () => {
  await using folder = await TempFolder.make();
  await folder.write(FILE, DYING);
  await using served = await Served.start({ uses: folder.at(FILE) }, BOTH);
  using watch = new Watch(served.flow.ports[1]);
  assertEquals(await watch.next(), Status.SERVING);
  const end = assertRejects(() => watch.next(), Error, "14 UNAVAILABLE: the Flow is closing");
  await served.flow.close();
  await end;
});
