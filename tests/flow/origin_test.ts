/** What pages elsewhere can have a real browser send to a Flow. */
import { assertEquals, assertMatch } from "@std/assert";
import { Hono, type MiddlewareHandler } from "hono";
import { cors } from "hono/cors";
import type { Page } from "puppeteer-core";
import { browserTest } from "../support/chromium.ts";
import { Counts } from "./_counts.ts";
import { Served } from "./_serve.ts";

/** What a page does, by its name: JavaScript in which `url` is the Flow's address; awaited. */
const ATTACKS: Record<string, string> = {
  "text without a type": `fetch(url + "/post", { method: "POST", mode: "no-cors", body: new Blob([body]) })`,
  "a request that hides where it is from":
    `fetch(url + "/post", { method: "POST", mode: "no-cors", referrerPolicy: "no-referrer", body: new Blob([body]) })`,
  "JSON": `fetch(url + "/post", { method: "POST", headers: { "content-type": "application/json" }, body })`,
  "another method": `fetch(url + "/update", { method: "PUT", body })`,
  "a beacon": `Promise.resolve(navigator.sendBeacon(url + "/post", new Blob([body])))`,
  "a stream":
    `fetch(url + "/post", { method: "POST", mode: "no-cors", headers: { accept: "text/event-stream" },
    body: new Blob([body]) })`,
  "a page in a sandbox": `framed((frame) => {
    frame.sandbox = "allow-scripts";
    frame.srcdoc = "<script>fetch('" + url + "/post', { method: 'POST', mode: 'no-cors', body: new Blob(['" + body +
      "']) }).catch(() => {}).finally(() => parent.postMessage('done', '*'))</script>";
  })`,
  "a form": `framed((frame) => {
    frame.name = "target";
    const form = document.body.appendChild(document.createElement("form"));
    Object.assign(form, { method: "POST", action: url + "/form", target: "target" });
    frame.onload = () => postMessage("done", "*");
    form.submit();
  })`,
  "an image":
    `new Promise((done) => Object.assign(new Image(), { onload: done, onerror: done, src: url + "/image" }))`,
  "a GET": `fetch(url + "/get", { mode: "no-cors" })`,
  "a frame":
    `framed((frame) => Object.assign(frame, { src: url + "/frame", onload: () => postMessage("done", "*") }))`,
};

/** What the attacks that need no permission of `cors` are seen as by an Executor that is reached. */
const SIMPLE = [
  "text without a type",
  "a request that hides where it is from",
  "a beacon",
  "a stream",
  "a page in a sandbox",
];

const GETS = ["/image", "/get", "/frame"];
const expose = (flow: Served["flow"]) =>
  GETS.reduce((flow, httpPath) => flow.exposeEndpoint(httpPath, { httpPath, methods: ["GET"] }), flow);

/** A page of another port; it tells its reader's browser nothing about who may ask it. */
function elsewhere(): AsyncDisposable & { url: string } {
  const headers = { "content-type": "text/html" };
  const server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {} },
    () => new Response("<!doctype html><title>elsewhere</title><body>", { headers }),
  );
  return { url: `http://127.0.0.1:${server.addr.port}/`, [Symbol.asyncDispose]: () => server.shutdown() };
}

/** Has the page do this; gives what came of it. */
async function attempt(page: Page, name: string, url: string): Promise<string> {
  const body = JSON.stringify({ data: [{ text: name }] });
  const script = `(async () => {
    const url = ${JSON.stringify(url)}, body = ${JSON.stringify(body)};
    const framed = (fill) => new Promise((done) => {
      addEventListener("message", done, { once: true });
      const frame = document.createElement("iframe");
      fill(frame);
      document.body.append(frame);
    });
    try { const got = await (${ATTACKS[name]}); return "fine " + (got?.status ?? ""); }
    catch (error) { return String(error); }
  })()`;
  return await page.evaluate(script) as string;
}

/** What the Executor has seen. */
async function seen({ flow }: Served): Promise<string[]> {
  const init = { method: "POST", headers: { "content-type": "application/json" }, body: "{}" };
  const response = await flow.fetch(new Request("http://localhost/seen", init));
  return (await response.json()).parameters.__results__["executor0/rep-0"].seen;
}

browserTest("Flow runs nothing for a page of another port, whatever the page does", async ({ page }) => {
  await using served = await Served.start({ uses: Counts }, {}, expose);
  await using other = elsewhere();
  await page.goto(other.url);
  for (const name of Object.keys(ATTACKS)) {
    for (const host of ["127.0.0.1", "localhost"]) {
      await attempt(page, name, `http://${host}:${served.flow.port}`);
    }
  }
  assertEquals(await seen(served), []);
});

browserTest("Flow answers a page of another port when cors is on", async ({ page }) => {
  await using served = await Served.start({ uses: Counts }, { cors: true }, expose);
  await using other = elsewhere();
  await page.goto(other.url);
  for (const name of ["JSON", "another method"]) {
    assertMatch(await attempt(page, name, served.at("")), name === "JSON" ? /^fine 200$/ : /^fine 422$/);
  }
  for (const name of [...SIMPLE, "an image", "a GET", "a frame"]) await attempt(page, name, served.at(""));
  // Without it all of these would have run: the test above is none of something that no browser can do.
  assertEquals((await seen(served)).sort(), ["JSON", ...SIMPLE, ...GETS].sort());
});

browserTest(
  "Flow answers its own page under each of its names, and a link from elsewhere",
  async ({ page }) => {
    await using served = await Served.start({ uses: Counts }, {}, expose);
    await using other = elsewhere();
    for (const host of ["127.0.0.1", "localhost"]) {
      const url = `http://${host}:${served.flow.port}`;
      await page.goto(`${url}/docs`);
      assertEquals(await attempt(page, "JSON", url), "fine 200");
      await page.goto(other.url);
      await page.evaluate(`location.href = "${url}/docs"`);
      await page.waitForFunction(`location.href === "${url}/#try"`);
    }
    assertEquals(await seen(served), ["JSON", "JSON"]);
  },
);

/** An app of its own that has a Flow at `/ai`. */
function appAround({ flow }: Served, ...middleware: MiddlewareHandler[]): AsyncDisposable & { url: string } {
  const app = new Hono();
  for (const one of middleware) app.use(one);
  app.mount("/ai", flow.fetch);
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, app.fetch);
  return {
    url: `http://127.0.0.1:${server.addr.port}/ai`,
    [Symbol.asyncDispose]: () => server.shutdown(),
  };
}

browserTest("Flow in an app runs nothing for a page that the app does not allow", async ({ page }) => {
  await using served = await Served.start({ uses: Counts }, { listen: false }, expose);
  await using other = elsewhere();
  await page.goto(other.url);
  await using silent = appAround(served);
  await using strict = appAround(served, cors({ origin: "http://allowed.example" }));
  for (const { url } of [silent, strict]) {
    for (const name of Object.keys(ATTACKS)) await attempt(page, name, url);
  }
  assertEquals(await seen(served), []);
});

browserTest("Flow in an app answers a page that the app allows", async ({ page }) => {
  await using served = await Served.start({ uses: Counts }, { listen: false }, expose);
  await using other = elsewhere();
  await using app = appAround(served, cors({ origin: new URL(other.url).origin, credentials: true }));
  await page.goto(other.url);
  assertEquals(await attempt(page, "JSON", app.url), "fine 200");
  assertEquals(await attempt(page, "another method", app.url), "fine 422");
  assertEquals(await page.evaluate(`fetch("${app.url}/status").then(({ status }) => status)`), 200);
  for (const name of [...SIMPLE, "an image", "a GET", "a frame"]) await attempt(page, name, app.url);
  assertEquals(await seen(served), ["JSON"]);
});
