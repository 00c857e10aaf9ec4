/** A Flow in an app of one's own: under a base path, with reloads, clients that go away, and the page. */
import { assertEquals, assertStringIncludes } from "@std/assert";
import { Hono } from "hono";
import { type AddOptions, Flow, type FlowOptions } from "../../mod.ts";
import { browserTest } from "../support/chromium.ts";
import { executorSource } from "../support/flow_fixture.ts";
import { LogTrap } from "../support/log_trap.ts";
import { TempFolder } from "../support/temp_folder.ts";
import { type Seen, Traffic } from "../support/traffic.ts";
import { Slow } from "./_slow.ts";
import { Streams } from "./_streams.ts";

/** A way to put a Flow into a server: the handler, and the path of the Flow. */
interface Way {
  readonly path: string;
  handler(flow: Flow): (request: Request) => Response | Promise<Response>;
}

const WAYS: Readonly<Record<string, Way>> = {
  "Hono at /ai": { path: "/ai", handler: (flow) => new Hono().mount("/ai", flow.fetch).fetch },
  "Hono at /v1/models/ai in another Hono": {
    path: "/v1/models/ai",
    handler: (flow) => new Hono().route("/v1", new Hono().basePath("/models").mount("/ai", flow.fetch)).fetch,
  },
  "Deno.serve": { path: "", handler: (flow) => flow.fetch },
};

/** A Flow in an app that listens. */
class Mounted implements AsyncDisposable {
  private constructor(
    readonly flow: Flow,
    readonly log: LogTrap,
    private readonly server: Deno.HttpServer<Deno.NetAddr>,
    private readonly path: string,
  ) {}

  static async start(add: AddOptions, { path, handler }: Way, options: FlowOptions = {}): Promise<Mounted> {
    const log = new LogTrap();
    const flow = await new Flow({ listen: false, log: log.sink, ...options }).add(add).start();
    const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, handler(flow));
    return new Mounted(flow, log, server, path);
  }

  at(path: string): string {
    return `http://127.0.0.1:${this.server.addr.port}${this.path}${path}`;
  }

  post(path: string, body: object, init: RequestInit = {}): Promise<Response> {
    const headers = { "content-type": "application/json", ...init.headers };
    return fetch(this.at(path), { method: "POST", body: JSON.stringify(body), ...init, headers });
  }

  async ask(): Promise<Seen> {
    const response = await this.post("/post", { data: [{ text: "x" }] });
    const body = await response.text();
    return { status: response.status, text: JSON.parse(body).data?.[0]?.text ?? "", body };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.flow.close();
    await this.server.shutdown();
  }
}

for (const [name, way] of Object.entries(WAYS)) {
  Deno.test(`flow.fetch in ${name}: no request is lost, and none is answered by old code, when files are saved`, async () => {
    await using folder = await TempFolder.make();
    const uses = await folder.write("my_executor.ts", executorSource("v1"));
    await using mounted = await Mounted.start({ uses, name: "mine", reload: true }, way);
    await using traffic = new Traffic(() => mounted.ask(), 4);
    await traffic.text("v1");
    for (let version = 2; version <= 6; version++) {
      await folder.writeAtomic("my_executor.ts", executorSource(`v${version}`));
      await mounted.log.waitFor(new RegExp(`version ${version} serves`));
      await traffic.round();
      const since = traffic.seen.length;
      await traffic.round();
      const texts = new Set(traffic.seen.slice(since).map(({ text }) => text));
      assertEquals([...texts], [`v${version}`]);
    }
    await traffic.stop();
    assertEquals([traffic.failed, traffic.broken], [[], []]);
    assertEquals(traffic.texts, ["v1", "v2", "v3", "v4", "v5", "v6"]);
  });

  Deno.test(`flow.fetch in ${name}: a client that goes away cancels its request`, async () => {
    await using mounted = await Mounted.start({ uses: Slow, name: "slow" }, way);
    const { signal, abort } = cancellable();
    const answer = mounted.post("/wait", { data: [{}] }, { signal }).catch(({ name }) => name);
    await mounted.log.waitFor(/ waits$/);
    abort();
    assertEquals(await answer, "AbortError");
    await mounted.log.waitFor(/was given up: AbortError the client is gone$/);
  });

  Deno.test(`flow.fetch in ${name}: a stream comes piece by piece, and its client may go away`, async () => {
    await using mounted = await Mounted.start({ uses: Streams, name: "streams" }, way);
    const { signal, abort } = cancellable();
    const headers = { accept: "text/event-stream" };
    const response = await mounted.post("/wait", { data: [{}] }, { headers, signal });
    const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader();
    assertStringIncludes((await reader.read()).value!, "first");
    assertEquals(await openStreams(mounted), 1);
    abort();
    await reader.closed.catch(() => {});
    while (await openStreams(mounted) > 0) await new Promise((resolve) => setTimeout(resolve));
  });

  Deno.test(`flow.fetch in ${name}: close() gives up a stream that does not end within closeTimeout`, async () => {
    await using mounted = await Mounted.start({ uses: Streams, name: "streams" }, way, { closeTimeout: 50 });
    const response = await mounted.post("/wait", { data: [{}] }, {
      headers: { accept: "text/event-stream" },
    });
    const text = response.text();
    await mounted.flow.close();
    assertStringIncludes(await text, "event: error");
    assertEquals((await mounted.post("/wait", {})).status, 503);
  });

  browserTest(
    `flow.fetch in ${name}: the page is there, and reads its events by a relative address`,
    async (tab) => {
      const { page } = tab;
      await using mounted = await Mounted.start({ uses: Streams, name: "streams" }, way, { page: true });
      await page.goto(mounted.at("/docs"));
      assertEquals(page.url(), mounted.at("/#try"));
      const first = await page.evaluate(`new Promise((resolve, reject) => {
      const source = new EventSource("events");
      source.addEventListener("hello", ({ data }) => (source.close(), resolve(data)));
      source.onerror = reject;
    })`);
      assertEquals(JSON.parse(String(first)).status.deployments[0].name, "streams");
    },
  );
}

function cancellable(): { signal: AbortSignal; abort: () => void } {
  const controller = new AbortController();
  return { signal: controller.signal, abort: () => controller.abort() };
}

async function openStreams(mounted: Mounted): Promise<number> {
  const { parameters } = await (await mounted.post("/state", {})).json();
  return parameters.__results__["streams/rep-0"].open;
}
