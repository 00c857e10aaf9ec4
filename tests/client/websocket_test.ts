/** The Client over WebSocket, against a server that does what the test says. */
import { assert, assertEquals, assertMatch, assertRejects, assertStrictEquals } from "@std/assert";
import { BadServerError, Client, type ClientOptions, ConnectionError, ResponseError } from "../../mod.ts";
import { decodeDocuments1 } from "../../src/protobuf/documents_v1.ts";
import { readRequest, writeRequest, writeStatus } from "../../src/protobuf/messages.ts";
import { inTime } from "../support/in_time.ts";
import { freePort, many, Sockets } from "./_servers.ts";

/** The sockets close a moment after a call. */
const test = (name: string, fn: () => Promise<void>) =>
  Deno.test({ name, fn, sanitizeResources: false, sanitizeOps: false });

type Receive = (bytes: Uint8Array<ArrayBuffer>, socket: WebSocket, peer: Peer) => unknown;

/** A WebSocket server that notes its connections and the messages. */
class Peer implements AsyncDisposable {
  readonly handshakes: Headers[] = [];
  readonly paths: string[] = [];
  readonly messages: Uint8Array[] = [];
  readonly closes: Promise<number>[] = [];
  readonly #server: Deno.HttpServer<Deno.NetAddr>;

  constructor(receive: Receive = echo) {
    this.#server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, (request) => {
      this.handshakes.push(new Headers(request.headers));
      this.paths.push(new URL(request.url).pathname);
      const { socket, response } = Deno.upgradeWebSocket(request, { protocol: "bytes" });
      socket.binaryType = "arraybuffer";
      socket.onmessage = ({ data }) => {
        const bytes = new Uint8Array(data);
        this.messages.push(bytes);
        if (bytes.length !== 1) receive(bytes, socket, this);
      };
      this.closes.push(new Promise((resolve) => socket.onclose = ({ code }) => resolve(code)));
      return response;
    });
  }

  client(options: ClientOptions = {}): Client {
    return new Client({ port: this.#server.addr.port, protocol: "websocket", ...options });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server.shutdown();
  }
}

function echo(bytes: Uint8Array, socket: WebSocket): void {
  const { requestId, docs } = readRequest(bytes);
  socket.send(writeRequest({ requestId, docs }) as Uint8Array<ArrayBuffer>);
}

test("Client.post() over WebSocket sends all requests on one socket, and tells the answers apart by id", async () => {
  const held: (() => void)[] = [];
  await using peer = new Peer((bytes, socket) => {
    held.push(() => echo(bytes, socket));
    // The last one is answered first.
    if (held.length === 8) { for (const answer of held.reverse()) answer(); }
  });
  const client = peer.client({ headers: { "x-key": "k" } });
  const options = { requestSize: 2 };
  const posts = [client.post("/", many(8), options), client.post("/", many(8), options)];
  for (const docs of await inTime(Promise.all(posts), "the answers")) {
    assertEquals(docs.map(({ id }) => id), [...many(8)].map(({ id }) => id));
  }
  const [handshake, ...others] = peer.handshakes;
  assertEquals([handshake.get("sec-websocket-protocol"), handshake.get("x-key"), others], ["bytes", "k", []]);
  assertEquals(await inTime(peer.closes[0], "the end"), 1000);
  assertEquals(peer.messages.at(-1), Uint8Array.of(0));
});

test("Client.post() over WebSocket connects again for the next call", async () => {
  await using peer = new Peer();
  const client = peer.client();
  for (let n = 0; n < 3; n++) assertEquals((await client.post("/", many(3), { requestSize: 1 })).length, 3);
  assertEquals(peer.handshakes.length, 3);
});

test("Client.post() over WebSocket tries again when a socket closes before the answer", async () => {
  await using peer = new Peer((bytes, socket, { handshakes }) =>
    handshakes.length < 3 ? socket.close(1001) : echo(bytes, socket)
  );
  assertEquals((await peer.client().post("/", {})).length, 1);
  assertEquals(peer.handshakes.length, 3);
  await using closing = new Peer((_, socket) => socket.close(1012, "restarting"));
  const error = await assertRejects(() => closing.client().post("/", {}, { retries: 1 }), ConnectionError);
  assertMatch(error.message, /^Cannot reach a Flow at ws:\/\/127\.0\.0\.1:\d+: restarting; is it running\?$/);
  assertEquals(closing.handshakes.length, 2);
});

test("Client.post() over WebSocket throws close codes that are an answer as HTTP's status", async () => {
  for (const [code, status] of [[1003, 422], [1007, 422], [1008, 403], [1009, 413], [1011, 503]]) {
    await using peer = new Peer((_, socket) => socket.close(code, "no"));
    const error = await assertRejects(() => peer.client().post("/", {}), ResponseError, "no");
    assertEquals([error.status, peer.handshakes.length], [status, 1]);
    assertMatch(String(error.requestId), /^[0-9a-f]{32}$/);
  }
});

test("Client.post() over WebSocket throws a BadServerError when it cannot read an answer", async () => {
  for (const data of [Uint8Array.of(255, 1), "{}"]) {
    await using peer = new Peer((_, socket) => socket.send(data));
    await assertRejects(() => peer.client().post("/", {}), BadServerError, "Cannot read an answer");
  }
});

test("Client.post() over WebSocket closes the socket when it is aborted, without waiting for answers", async () => {
  const came = Promise.withResolvers<void>();
  await using peer = new Peer((_bytes, _socket, { messages }) => messages.length === 2 && came.resolve());
  const abort = new AbortController();
  const posted = peer.client().post("/", many(2), { requestSize: 1, signal: abort.signal });
  await came.promise;
  const reason = new Error("enough");
  abort.abort(reason);
  assertStrictEquals(await posted.catch((error) => error), reason);
  assertEquals(await inTime(peer.closes[0], "the end"), 1000);
  assertEquals(peer.messages.length, 2);
  await assertRejects(() => peer.client().post("/", {}, { timeout: 50 }), ConnectionError, "within 50 ms");
});

test("Client.post() over WebSocket gives up one request, and the others go on", async () => {
  await using peer = new Peer((bytes, socket) => {
    if (decodeDocuments1(readRequest(bytes).docs!)[0].id !== "1") echo(bytes, socket);
  });
  let failed = 0;
  const options = { requestSize: 1, timeout: 200, onError: () => failed++ };
  const docs = await peer.client().post("/", many(4), options);
  assertEquals([docs.map(({ id }) => id), failed, peer.handshakes.length], [["0", "2", "3"], 1, 1]);
});

test("Client.post() over WebSocket throws a ConnectionError naming the address when no server listens there", async () => {
  const client = new Client({ port: freePort(), protocol: "websocket" });
  const error = await assertRejects(() => client.post("/", {}, { retries: 1 }), ConnectionError);
  assertMatch(error.message, /^Cannot reach a Flow at ws:\/\/127\.0\.0\.1:\d+: .*; is it running\?$/);
  assertEquals(await client.isFlowReady(), false);
  await using sockets = new Sockets(() => {});
  const other = new Client({ port: sockets.port, protocol: "websocket" });
  await assertRejects(() => other.post("/", {}, { retries: 2 }), ConnectionError);
  assertEquals(sockets.count, 3);
});

test("Client.isFlowReady() over WebSocket is the dry run's answer", async () => {
  for (const [code, ready] of [[0, true], [1, false]] as const) {
    await using peer = new Peer((bytes, socket) => {
      assertEquals(bytes.length, 0);
      socket.send(writeStatus({ code, description: "" }) as Uint8Array<ArrayBuffer>);
    });
    assertEquals(await peer.client().isFlowReady(), ready);
    assertEquals(peer.paths, ["/dry_run"]);
  }
  await using silent = new Peer(() => {});
  assertEquals(await silent.client().isFlowReady({ timeout: 50 }), false);
});

test("Client.stream() over WebSocket yields the documents of the whole answer", async () => {
  await using peer = new Peer();
  const docs = await Array.fromAsync(peer.client().stream("/", many(3)));
  assert(docs.length === 3);
  assertEquals(await inTime(peer.closes[0], "the end"), 1000);
});
