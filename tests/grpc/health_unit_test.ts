import { assertEquals, assertRejects } from "@std/assert";
import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import {
  HealthCheckRequestSchema,
  HealthCheckResponse_ServingStatus as Status,
  HealthCheckResponseSchema,
} from "../../src/grpc/gen/grpc/health/v1/health_pb.ts";
import { addHealth } from "../../src/grpc/health.ts";
import { Code, GrpcError } from "../../src/grpc/service_adder.ts";
import { SERVICE_NAMES } from "../../src/grpc/services.ts";
import { FakeBackend } from "../gateway/_backend.ts";
import { FakeServer } from "./_fake_server.ts";

/** A server with the health service, and its backend. */
class Health {
  readonly server = new FakeServer();
  readonly backend = new FakeBackend();

  constructor() {
    addHealth(this.server, this.backend);
  }

  async check(service: string): Promise<Status> {
    const bytes = await this.server.call("/grpc.health.v1.Health/Check", requestFor(service));
    return fromBinary(HealthCheckResponseSchema, bytes).status;
  }

  /** The next status, or `undefined` at the end. */
  watch(service: string): () => Promise<Status | undefined> {
    const answers = this.server.stream("/grpc.health.v1.Health/Watch", requestFor(service));
    return async () => {
      const { done, value } = await answers.next();
      return done ? undefined : fromBinary(HealthCheckResponseSchema, value).status;
    };
  }

  /** Says that a deployment is down, or, without a reason, that none is. */
  become(downReason?: string): void {
    this.backend.downReason = downReason;
    for (const callback of this.backend.callbacks) callback();
  }
}

function requestFor(service: string): Uint8Array {
  return toBinary(HealthCheckRequestSchema, create(HealthCheckRequestSchema, { service }));
}

Deno.test("Check answers for the server and each service whether every deployment can answer", async () => {
  const health = new Health();
  for (const service of ["", ...SERVICE_NAMES]) assertEquals(await health.check(service), Status.SERVING);
  health.become("encoder is down");
  for (const service of ["", ...SERVICE_NAMES]) assertEquals(await health.check(service), Status.NOT_SERVING);
});

Deno.test("Check of an unknown service ends with NOT_FOUND", async () => {
  const error = await assertRejects(() => new Health().check("jina.Nothing"), GrpcError, '"jina.Nothing"');
  assertEquals(error.code, Code.NOT_FOUND);
});

Deno.test("Check of bytes that are no request ends with INVALID_ARGUMENT", async () => {
  const broken = Uint8Array.of(0x0a, 0x05, 0x61);
  const error = await assertRejects(
    () => new Health().server.call("/grpc.health.v1.Health/Check", broken),
    GrpcError,
    "Cannot read the HealthCheckRequest",
  );
  assertEquals(error.code, Code.INVALID_ARGUMENT);
});

Deno.test("Watch sends the status, and again only when it has changed", async () => {
  const health = new Health();
  const next = health.watch("jina.JinaRPC");
  assertEquals(await next(), Status.SERVING);
  const second = next();
  health.become();
  health.become("encoder is down");
  assertEquals(await second, Status.NOT_SERVING);
  health.become("ranker is down");
  const third = next();
  health.become();
  assertEquals(await third, Status.SERVING);
});

Deno.test("Watch misses no change that comes while its client reads", async () => {
  const health = new Health();
  const next = health.watch("");
  assertEquals(await next(), Status.SERVING);
  health.become("encoder is down");
  assertEquals(await next(), Status.NOT_SERVING);
});

Deno.test("Watch of an unknown service sends SERVICE_UNKNOWN, and goes on", async () => {
  const health = new Health();
  const next = health.watch("jina.Nothing");
  assertEquals(await next(), Status.SERVICE_UNKNOWN);
  const second = next();
  health.become("encoder is down");
  health.server.abort();
  assertEquals(await second, undefined);
});

Deno.test("Watch leaves nothing behind when its client has gone", async () => {
  const health = new Health();
  const next = health.watch("");
  await next();
  assertEquals(health.backend.callbacks.size, 1);
  const second = next();
  health.server.abort();
  assertEquals([await second, health.backend.callbacks.size], [undefined, 0]);
});
