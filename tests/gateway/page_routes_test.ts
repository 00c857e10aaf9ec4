/** The routes for people: who gets the page and its events. */
import { assertEquals, assertMatch } from "@std/assert";
import type { GatewayOptions } from "../../src/gateway/gateway_options.ts";
import { FakeBackend, gateway } from "./_backend.ts";

const BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8";
const HOST = "localhost:12345";

/** The answer to a GET of a path. */
async function ask(
  path: string,
  headers: Record<string, string> = {},
  options: Partial<GatewayOptions> = {},
  method = "GET",
): Promise<Response> {
  const { app } = gateway(new FakeBackend(), options);
  const init = { method, headers: { host: HOST, ...headers } };
  return await app.request(new Request(`http://${HOST}${path}`, init));
}

Deno.test("GET / is the page for browsers, and {} for programs", async () => {
  for (const accept of [BROWSER, "text/html", "application/json;q=0.5, text/html"]) {
    const page = await ask("/", { accept });
    assertEquals([page.status, page.headers.get("content-type")], [200, "text/html; charset=utf-8"], accept);
    assertMatch(await page.text(), /^<!doctype html>/i);
  }
  const programs: Record<string, string>[] = [{}, { accept: "*/*" }, {
    accept: "application/json, text/html",
  }];
  for (const headers of programs) assertEquals(await (await ask("/", headers)).text(), "{}");
});

Deno.test("HEAD / has the headers of the page, and HEAD /events opens no stream", async () => {
  const page = await ask("/", { accept: BROWSER }, {}, "HEAD");
  assertEquals([page.headers.get("content-type"), await page.text()], ["text/html; charset=utf-8", ""]);
  const events = await ask("/events", {}, {}, "HEAD");
  assertEquals([events.headers.get("content-type"), await events.text()], ["text/event-stream", ""]);
});

Deno.test("GET /events is a stream that nothing on the way keeps", async () => {
  const { status, headers, body } = await ask("/events", { "last-event-id": "boot-7" });
  await body?.cancel();
  assertEquals(status, 200);
  const names = ["content-type", "cache-control", "x-content-type-options"];
  assertEquals(names.map((name) => headers.get(name)), ["text/event-stream", "no-store", "nosniff"]);
});

Deno.test("GET /events takes the id of the last event as a header, and otherwise in the address", async () => {
  const backend = new FakeBackend();
  const { app } = gateway(backend);
  const header = { "last-event-id": "boot-7" };
  for (
    const [path, headers] of [["", {}], ["", header], ["?lastEventId=boot-3", {}], [
      "?lastEventId=boot-3",
      header,
    ]] as const
  ) {
    const { body } = await app.request(`http://${HOST}/events${path}`, {
      headers: { host: HOST, ...headers },
    });
    await body?.cancel();
  }
  assertEquals(backend.lastIds, [undefined, "boot-7", "boot-3", "boot-7"]);
});

Deno.test("GET /docs leads to the page, relative to where the Flow is", async () => {
  const { status, headers } = await ask("/docs");
  assertEquals(status, 302);
  const location = new URL(headers.get("location")!, "http://outer.example/ai/docs").href;
  assertEquals(location, "http://outer.example/ai/?try");
});

Deno.test("page: false leaves out the page, its events and its old address", async () => {
  const options = { page: false };
  assertEquals(await (await ask("/", { accept: BROWSER }, options)).text(), "{}");
  for (const path of ["/events", "/docs"]) assertEquals((await ask(path, {}, options)).status, 404);
  assertEquals((await ask("/events", {}, options, "POST")).status, 405);
});

const FOREIGN: readonly Record<string, string>[] = [
  { origin: "http://evil.example" },
  { origin: "http://localhost:5173" },
  { origin: "null" },
  { "sec-fetch-site": "cross-site", "sec-fetch-dest": "script" },
  { "sec-fetch-site": "same-site", "sec-fetch-dest": "iframe" },
];

Deno.test("page, events, status and metrics answer no page of another origin, whatever cors says", async () => {
  for (const headers of FOREIGN) {
    for (const [path, accept] of [["/", BROWSER], ["/events"], ["/status"], ["/metrics"]]) {
      for (const method of ["GET", "HEAD"]) {
        const asked = { ...headers, ...(accept !== undefined && { accept }) };
        const response = await ask(path, asked, { cors: true }, method);
        const allowed = response.headers.get("access-control-allow-origin");
        assertEquals([response.status, allowed], [403, null], `${method} ${path} ${JSON.stringify(headers)}`);
        if (method === "GET") {
          assertMatch(await response.text(), /only pages of the Flow itself may read this/);
        }
      }
    }
  }
  const preflight = { origin: "http://evil.example", "access-control-request-method": "GET" };
  for (const path of ["/events", "/status", "/metrics"]) {
    const { status, headers } = await ask(path, preflight, { cors: true }, "OPTIONS");
    assertEquals([status, headers.get("access-control-allow-origin")], [403, null], path);
  }
});

Deno.test("cors lets pages of other origins read what is no page", async () => {
  for (const path of ["/", "/dry_run", "/openapi.json"]) {
    const { status, headers } = await ask(path, FOREIGN[0], { cors: true });
    assertEquals([status, headers.get("access-control-allow-origin")], [200, "*"], path);
  }
});

Deno.test("in an app, page and events answer no page of another origin either", async () => {
  const options = { localOnly: false, isMounted: true };
  for (const [path, accept = "*/*"] of [["/", BROWSER], ["/events"]]) {
    assertEquals((await ask(path, { origin: "http://evil.example", accept }, options)).status, 403, path);
  }
  // What the app permits, it may read.
  assertEquals((await ask("/status", { origin: "http://evil.example" }, options)).status, 200);
});

Deno.test("events answer no foreign host", async () => {
  for (const path of ["/", "/events", "/status", "/metrics"]) {
    assertEquals((await ask(path, { host: "evil.example", accept: BROWSER })).status, 403, path);
  }
});
