/** A Flow in the servers that people have, on each runtime: by `flow.fetch`, under a base path, with reloads going on. */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { gzipSync } from "node:zlib";
import { FlowProcess } from "../support/process.ts";
import { type Seen, Traffic } from "../support/traffic.ts";
import { type RuntimeName, RUNTIMES } from "../../tools/runtimes.ts";
import { filesOf, partsOf, readDocument } from "../docs/_markdown.ts";
import { freePort } from "../docs/_page.ts";
import { installed, pathOf } from "./_installed.ts";

const PACKAGES = ["express@5", "fastify@5", "hono@4", "@hono/node-server@2"];

const executor = (text: string) =>
  `import { Executor } from "hotflow";
export class Mine extends Executor {
  static requests = { default: "handle", "/wait": "wait", "/words": "words" };
  handle(docs) {
    for (const doc of docs) doc.text = ${JSON.stringify(text)};
  }
  async wait(_docs, { signal }) {
    this.logger.info("waits");
    await new Promise((resolve) => signal.addEventListener("abort", resolve));
    this.logger.info("was given up");
  }
  async *words() {
    yield { text: "one" };
    yield { text: "two" };
  }
}
`;

/** Servers by their names, each with the path of the Flow. */
const APPS = `import { createServer } from "node:http";
import { getRequestListener, serve } from "@hono/node-server";
import express from "express";
import Fastify from "fastify";
import { Hono } from "hono";
import { Flow } from "hotflow";

const flow = await new Flow({ listen: false }).add({ uses: "./mine.js", name: "mine", reload: true }).start();
const bun = globalThis.Bun;
// Bun's own server takes no \`Response\` but that of Bun.
const listener = getRequestListener(flow.fetch, { overrideGlobalObjects: !bun });
const mounted = new Hono().mount("/ai", flow.fetch);
const listening = async (server) => {
  if (!server.listening) await new Promise((resolve) => server.once("listening", resolve));
  return server.address().port;
};

const early = express();
early.use("/ai", listener);
early.use(express.json());
early.post("/own", (request, response) => response.json({ own: request.body }));

const late = express();
late.use(express.json());
late.use("/ai", listener);

const later = express();
const json = express.json();
later.use((request, response, next) => request.path.startsWith("/ai/") ? next() : json(request, response, next));
later.use("/ai", listener);
later.post("/own", (request, response) => response.json({ own: request.body }));

const fastify = Fastify();
fastify.post("/own", ({ body }) => ({ own: body }));
await fastify.register((scope, _options, done) => {
  scope.removeAllContentTypeParsers();
  scope.addContentTypeParser("*", (_request, _payload, done) => done(null));
  scope.all("/ai/*", (request, reply) => {
    reply.hijack();
    request.raw.url = request.raw.url.slice("/ai".length);
    listener(request.raw, reply.raw);
  });
  done();
});
await fastify.listen({ port: 0, host: "127.0.0.1" });

const at = { port: 0, hostname: "127.0.0.1" };
console.log(JSON.stringify({
  express: await listening(early.listen(0, "127.0.0.1")) + "/ai",
  "express.json() before": await listening(late.listen(0, "127.0.0.1")) + "/ai",
  "express.json() for the rest": await listening(later.listen(0, "127.0.0.1")) + "/ai",
  fastify: fastify.server.address().port + "/ai",
  "node:http": await listening(createServer(listener).listen(0, "127.0.0.1")) + "",
  ...bun
    ? {
      hono: bun.serve({ fetch: mounted.fetch, ...at }).port + "/ai",
      "Bun.serve": bun.serve({ fetch: flow.fetch, ...at }).port + "",
    }
    : { hono: await listening(serve({ fetch: mounted.fetch, ...at })) + "/ai" },
}));
`;

const PARSED = "express.json() before";
const JSON_TYPE = { "content-type": "application/json" };

function post(url: string, body: object, init: RequestInit = {}): Promise<Response> {
  const headers = { ...JSON_TYPE, ...init.headers };
  return fetch(url, { method: "POST", body: JSON.stringify(body), ...init, headers });
}

async function ask(url: string): Promise<Seen> {
  const response = await post(`${url}/post`, { data: [{ text: "x" }] });
  const body = await response.text();
  return { status: response.status, text: JSON.parse(body).data?.[0]?.text ?? "", body };
}

/** The statuses of bodies that come in chunks, with gzip, and both. */
async function statusesOf(url: string): Promise<number[]> {
  const text = JSON.stringify({ data: [{ text: "x" }] });
  const packed = new Uint8Array(gzipSync(text));
  const coded = { "content-encoding": "gzip" };
  const bodies = [[new Blob([text]).stream(), {}], [packed, coded], [new Blob([packed]).stream(), coded]];
  return await Promise.all(bodies.map(async ([body, headers]) => {
    const response = await post(`${url}/post`, {}, { body, headers } as RequestInit);
    await response.body?.cancel();
    return response.status;
  }));
}

for (const runtime of RUNTIMES) {
  Deno.test(`${runtime}: flow.fetch serves in Express, Fastify, Hono and servers of the runtime`, async (t) => {
    await using folder = await installed(PACKAGES);
    await folder.write("mine.js", executor("v1"));
    await using running = await FlowProcess.run(folder, APPS, "apps.js", [await pathOf(runtime)]);
    const { message } = await running.printed(/^INFO - \{/);
    const { [PARSED]: parsed, ...apps }: Record<string, string> = JSON.parse(message);
    const urls = Object.entries(apps).map(([name, at]) => [name, `http://127.0.0.1:${at}`] as const);

    for (const [name, url] of urls) {
      await t.step(name, async () => {
        assertEquals((await ask(url)).text, "v1");
        const long = await post(`${url}/post`, { data: [{ tags: { long: "x".repeat(300_000) } }] });
        assertEquals((await long.json()).data[0].tags.long.length, 300_000);
        assertEquals(await statusesOf(url), [200, 200, 200]);
        const wrong = await post(`${url}/nowhere`, {});
        assertEquals(wrong.status, 404, await wrong.text());
        const spec = await (await fetch(`${url}/openapi.json`)).json();
        assertEquals(new URL(spec.servers[0].url, `${url}/openapi.json`).href, `${url}/`);
        const events = await post(`${url}/words`, {}, { headers: { accept: "text/event-stream" } });
        assertEquals((await events.text()).match(/^event: \w+/gm), [
          "event: update",
          "event: update",
          "event: end",
        ]);
      });
      await t.step(`${name}: a client that goes away`, async () => {
        const mark = running.log.mark;
        const controller = new AbortController();
        const answer = post(`${url}/wait`, {}, { signal: controller.signal }).catch(() => {});
        await running.log.waitFor(/INFO mine\/rep-0 waits$/, mark);
        controller.abort();
        await answer;
        await running.log.waitFor(/INFO mine\/rep-0 was given up$/, mark);
      });
    }

    await t.step("what the app itself has is still there", async () => {
      for (const name of ["express", "express.json() for the rest", "fastify"]) {
        const url = `http://127.0.0.1:${apps[name].replace("/ai", "")}/own`;
        assertEquals(await (await post(url, { a: 1 })).json(), { own: { a: 1 } });
      }
    });

    await t.step("a body that the app has parsed before is named", async () => {
      const { status, body } = await ask(`http://127.0.0.1:${parsed}`);
      assertEquals(status, 400, body);
      assertStringIncludes(body, "it was read before it came to the Flow, such as by express.json()");
      assertEquals(await statusesOf(`http://127.0.0.1:${parsed}`), [400, 400, 400]);
    });

    await t.step("no request is lost, and none is answered by old code, when files are saved", async () => {
      let turn = 0;
      await using traffic = new Traffic(() => ask(urls[turn++ % urls.length][1]), 4);
      await traffic.text("v1");
      for (let version = 2; version <= 4; version++) {
        await folder.writeAtomic("mine.js", executor(`v${version}`));
        await running.log.waitFor(new RegExp(`version ${version} serves`));
        await traffic.round();
        const since = traffic.seen.length;
        for (let round = 0; round < 3; round++) await traffic.round();
        const texts = new Set(traffic.seen.slice(since).map(({ text }) => text));
        assertEquals([...texts], [`v${version}`]);
      }
      await traffic.stop();
      assertEquals([traffic.failed, traffic.broken], [[], []]);
    });
    assert(!running.log.lines.some((line) => /WARNING|ERROR/.test(line)), running.log.lines.join("\n"));
  });
}

/** The servers in docs/embedding.md, with the path of the Flow in each. */
const SHOWN: readonly (readonly [RuntimeName, file: string, path: string])[] = [
  ["node 24", "node_app.js", ""],
  ["node 24", "express_app.js", "/ai"],
  ["node 24", "express_later_app.js", "/ai"],
  ["node 24", "fastify_app.js", "/ai"],
  ["bun", "bun_app.js", ""],
];

for (const [runtime, file, path] of SHOWN) {
  Deno.test(`docs/embedding.md: ${file} serves as shown`, async () => {
    const source = filesOf(partsOf(await readDocument("docs/embedding.md"))).get(file) ?? "";
    const port = freePort();
    await using folder = await installed(PACKAGES);
    await folder.write("greeter.js", executor("hello"));
    const app = `${source.replaceAll("12345", String(port))}\nconsole.log("serves");\n`;
    await using running = await FlowProcess.run(folder, app, file, [await pathOf(runtime)]);
    await running.printed(/^INFO - serves$/);
    const seen = await ask(`http://127.0.0.1:${port}${path}`);
    assertEquals([seen.status, seen.text], [200, "hello"]);
  });
}
