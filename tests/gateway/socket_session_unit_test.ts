/** The requests of a WebSocket over a fake socket: how many run, what waits, how it is closed. */
import { assertEquals } from "@std/assert";
import { SocketSession } from "../../src/gateway/_socket_session.ts";
import { dryRun, type Message, SUBPROTOCOLS } from "../../src/gateway/_subprotocols.ts";
import { RequestTimeouts } from "../../src/gateway/request_timeouts.ts";
import type { ServerSocket } from "../../src/runtime/mod.ts";
import { done, FakeBackend } from "./_backend.ts";

/** Keeps what was sent; a client that takes messages only when the test says so. */
class FakeSocket implements ServerSocket {
  readonly sent: Message[] = [];
  readonly closings: [code: number, reason: string][] = [];
  isPaused = false;
  taken: Promise<void> = Promise.resolve();

  send(message: Message): Promise<void> {
    this.sent.push(message);
    return this.taken;
  }

  close(code: number, reason: string): void {
    this.closings.push([code, reason]);
  }

  pause(isPaused: boolean): void {
    this.isPaused = isPaused;
  }
}

function sessionOf(subprotocol = SUBPROTOCOLS.json, maxMessage = 1_000) {
  const socket = new FakeSocket();
  const backend = new FakeBackend();
  const [errors, ended]: [Error[], SocketSession[]] = [[], []];
  const session = new SocketSession(socket, subprotocol, {
    backend,
    timeouts: new RequestTimeouts(),
    maxMessage,
    onError: (error) => errors.push(error),
    onEnd: (session) => ended.push(session),
  });
  return { socket, backend, session, errors, ended };
}

/** Lets everything happen that waits for nothing. */
function settled(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve));
}

Deno.test("SocketSession runs 64 requests at a time, stops reading, and answers in order", async () => {
  const { socket, backend, session } = sessionOf();
  const gates: (() => void)[] = [];
  backend.answer = ({ body }) =>
    new Promise((resolve) => gates.push(() => resolve(done({ requestId: String(body) }))));
  for (let i = 0; i < 100; i++) session.onMessage(`r${i}`);
  await settled();
  assertEquals([backend.requests.length, socket.isPaused], [64, true]);
  for (const open of gates.splice(1)) open();
  await settled();
  assertEquals([socket.sent.length, backend.requests.length], [0, 64]);
  gates.splice(0).forEach((open) => open());
  await settled();
  assertEquals([socket.sent.length, backend.requests.length, socket.isPaused], [64, 100, false]);
  session.onMessage("\x01");
  session.onMessage("late");
  gates.splice(0).forEach((open) => open());
  await settled();
  const ids = socket.sent.map((text) => JSON.parse(String(text)).header.requestId);
  assertEquals(ids, Array.from({ length: 100 }, (_, i) => `r${i}`));
  assertEquals(socket.closings, [[1000, ""]]);
});

Deno.test("SocketSession starts nothing while its client does not take the answers", async () => {
  const { socket, backend, session } = sessionOf();
  const { promise, resolve } = Promise.withResolvers<void>();
  socket.taken = promise;
  for (let i = 0; i < 100; i++) session.onMessage("{}x");
  await settled();
  assertEquals([backend.requests.length, socket.sent.length], [64, 1]);
  resolve();
  await settled();
  assertEquals([backend.requests.length, socket.sent.length], [100, 100]);
  session.onClose();
});

const MB = 1024 * 1024;

Deno.test("SocketSession starts a request only while those that run have less than 64 MiB", async () => {
  const { socket, backend, session } = sessionOf(SUBPROTOCOLS.json, 100 * MB);
  const gates: (() => void)[] = [];
  backend.answer = () => new Promise((resolve) => gates.push(() => resolve(done())));
  const large = "x".repeat(30 * MB);
  for (let i = 0; i < 5; i++) session.onMessage(large);
  session.onMessage("small");
  await settled();
  assertEquals([backend.requests.length, socket.isPaused], [3, true]);
  // Those behind it have answers that have to wait.
  gates.splice(1).forEach((open) => open());
  await settled();
  assertEquals([backend.requests.length, socket.sent.length], [3, 0]);
  gates.splice(0).forEach((open) => open());
  await settled();
  assertEquals([backend.requests.length, socket.sent.length, socket.isPaused], [6, 3, false]);
  gates.splice(0).forEach((open) => open());
  await settled();
  assertEquals([socket.sent.length, socket.closings], [6, []]);
});

Deno.test("SocketSession runs one request of more than 64 MiB at a time", async () => {
  const { socket, backend, session } = sessionOf(SUBPROTOCOLS.json, 300 * MB);
  let [running, most] = [0, 0];
  backend.answer = async () => {
    most = Math.max(most, ++running);
    await settled();
    running--;
    return done();
  };
  const large = "x".repeat(65 * MB);
  for (let i = 0; i < 3; i++) session.onMessage(large);
  await until(() => socket.sent.length === 3);
  assertEquals(most, 1);
});

Deno.test("SocketSession counts an answer that its client does not take as a part of the 64 MiB", async () => {
  const { socket, backend, session } = sessionOf();
  const { promise, resolve } = Promise.withResolvers<void>();
  socket.taken = promise;
  const docs = JSON.stringify([{ text: "x".repeat(16 * MB) }]);
  backend.answer = () => done({ docs });
  for (let i = 0; i < 6; i++) {
    session.onMessage("x");
    await settled();
  }
  assertEquals([backend.requests.length, socket.isPaused], [4, true]);
  resolve();
  await settled();
  assertEquals([backend.requests.length, socket.sent.length, socket.isPaused], [6, 6, false]);
});

Deno.test("SocketSession closes with 1008 when more waits than may, and cancels what runs", async () => {
  const { socket, backend, session } = sessionOf();
  backend.answer = () => new Promise(() => {});
  for (let i = 0; i < 200; i++) session.onMessage("x".repeat(500));
  await settled();
  assertEquals(socket.closings.map(([code]) => code), [1008]);
  assertEquals(backend.cancels.every(({ reason }) => reason !== undefined), true);
});

Deno.test("SocketSession cancels its requests when the client is gone, and sends nothing more", async () => {
  const { socket, backend, session, ended } = sessionOf();
  const { promise, resolve } = Promise.withResolvers<ReturnType<typeof done>>();
  backend.answer = () => promise;
  session.onMessage("x");
  session.onClose();
  assertEquals(backend.cancels.map(({ reason }) => reason?.message), ["the client is gone"]);
  resolve(done());
  await settled();
  assertEquals([socket.sent, socket.closings, ended.length], [[], [], 1]);
});

Deno.test("SocketSession closes with 1009 after the answers to what came before", async () => {
  for (const large of ["x".repeat(1_001), "é".repeat(501), new Uint8Array(1_001)]) {
    const { socket, session } = sessionOf();
    session.onMessage("é".repeat(500));
    session.onMessage(large);
    await settled();
    assertEquals([socket.sent.length, socket.closings.map(([code]) => code)], [1, [1009]]);
  }
});

Deno.test("SocketSession closes with 1011 when a deployment is down, its reason cut at 123 bytes", async () => {
  const { socket, backend, session } = sessionOf(SUBPROTOCOLS.bytes);
  backend.answer = () => ({ kind: "down", reason: "é".repeat(100) });
  session.onMessage(new Uint8Array());
  await until(() => socket.closings.length > 0);
  assertEquals(socket.closings, [[1011, "é".repeat(61)]]);
});

Deno.test("SocketSession tells on /dry_run that a deployment is down, in both subprotocols", async () => {
  for (const name of ["json", "bytes"]) {
    const { socket, backend, session } = sessionOf(dryRun(SUBPROTOCOLS[name]));
    backend.downReason = "executor0 is down";
    session.onMessage(new Uint8Array());
    await until(() => socket.closings.length > 0);
    const [message] = socket.sent;
    if (typeof message === "string") assertEquals(JSON.parse(message).description, "executor0 is down");
    // The code is an error.
    else assertEquals([...message.subarray(0, 2)], [8, 1]);
  }
});

Deno.test("SocketSession closes with 1011 and reports it when the gateway fails", async () => {
  const { socket, backend, session, errors } = sessionOf();
  backend.answer = () => {
    throw new TypeError("not expected");
  };
  session.onMessage("x");
  await settled();
  assertEquals(socket.closings, [[1011, "the gateway failed: not expected"]]);
  assertEquals(errors.map(({ message }) => message), ["not expected"]);
});

/** Waits for a module that is loaded meanwhile. */
async function until(isTrue: () => boolean): Promise<void> {
  while (!isTrue()) await settled();
}
