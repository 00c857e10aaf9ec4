/** Pages of other origins must not make a browser send requests to a Flow, unless `cors` is on. */
import { assertEquals, assertStringIncludes } from "@std/assert";
import { FakeBackend, gateway } from "./_backend.ts";

const HOST = "localhost:12345";
const EXPOSED = [{ endpoint: "/foo", path: "/own", methods: ["GET", "PUT"] }];

/** All kinds of requests: to Executors, for pages, preflights, to unknown paths. */
const REQUESTS = [
  ["POST", "/post"],
  ["POST", "/foo"],
  ["GET", "/own"],
  ["PUT", "/own"],
  ["PUT", "/update"],
  ["DELETE", "/delete"],
  ["GET", "/"],
  ["HEAD", "/"],
  ["GET", "/status"],
  ["GET", "/dry_run"],
  ["GET", "/openapi.json"],
  ["GET", "/docs"],
  ["OPTIONS", "/post"],
  ["GET", "/post"],
  ["POST", "/nope"],
] as const;

/** The answer to a request with these headers. */
async function ask(
  [method, path]: readonly [method: string, path: string],
  headers: Record<string, string>,
  options: { cors?: boolean; localOnly?: boolean; isMounted?: boolean } = {},
): Promise<{ status: number; text: string; ran: number }> {
  const backend = new FakeBackend();
  const { app } = gateway(backend, { exposed: EXPOSED, ...options });
  const init = { method, headers: { host: HOST, ...headers }, body: "{}" };
  const bodiless = ["GET", "HEAD", "OPTIONS"].includes(method);
  const request = new Request(`http://${HOST}${path}`, bodiless ? { ...init, body: undefined } : init);
  // A page can have its browser send text without a preflight.
  if (!bodiless && headers["content-type"] === undefined) request.headers.delete("content-type");
  const response = await app.request(request);
  return { status: response.status, text: await response.text(), ran: backend.requests.length };
}

const FOREIGN = [
  "http://evil.example",
  "https://evil.example",
  "http://localhost",
  "http://localhost:5173",
  "http://127.0.0.1:12345",
  "http://localhost.evil.example:12345",
  "http://localhost:123456",
  "http://localhost:1234",
  "chrome-extension://abcdefgh",
  "file://",
  "null",
  "",
  "localhost:12345",
];

Deno.test("gateway answers 403 naming the origin and `cors` when a page of another origin sends any request", async () => {
  for (const origin of FOREIGN) {
    for (const request of REQUESTS) {
      const { status, text, ran } = await ask(request, { origin });
      assertEquals([status, ran], [403, 0], `${origin} ${request}`);
      if (request[0] === "HEAD") continue;
      const said =
        `the page that sent the request is of another origin, "${origin}", than this Flow at "${HOST}"; `;
      assertStringIncludes(JSON.parse(text).detail, said);
      const isPrivate = request[1] === "/status";
      assertStringIncludes(text, isPrivate ? "only pages of the Flow itself" : "give the Flow `cors: true`");
    }
  }
});

Deno.test("gateway answers its own pages, and programs other than browsers", async () => {
  const fine: Record<string, string>[] = [
    {},
    { origin: `http://${HOST}` },
    { origin: `https://${HOST}` },
    { origin: `http://${HOST}`, "sec-fetch-site": "same-origin", "sec-fetch-mode": "cors" },
    { host: "LocalHost:12345", origin: `http://${HOST}` },
    { host: "127.0.0.1:80", origin: "http://127.0.0.1" },
    { host: "[::1]:12345", origin: "http://[::1]:12345" },
    // As a browser sends it for the address bar.
    { "sec-fetch-site": "none", "sec-fetch-dest": "document", "sec-fetch-mode": "navigate" },
    // A proxy in front of the Flow has changed the host.
    { host: "127.0.0.1:12345", origin: "https://app.example", "sec-fetch-site": "same-origin" },
    // As Node's `fetch` sends it.
    { "sec-fetch-mode": "cors" },
  ];
  for (const headers of fine) {
    for (const request of REQUESTS) {
      const { status } = await ask(request, headers);
      assertEquals(status === 403, false, `${JSON.stringify(headers)} ${request}`);
    }
    assertEquals((await ask(["POST", "/foo"], headers)).ran, 1);
  }
});

Deno.test("gateway answers a followed link of a page of another origin, and refuses its forms", async () => {
  const followed = {
    "sec-fetch-site": "cross-site",
    "sec-fetch-dest": "document",
    "sec-fetch-mode": "navigate",
  };
  for (const path of ["/docs", "/status", "/"]) {
    assertEquals((await ask(["GET", path], followed)).status, path === "/docs" ? 302 : 200);
  }
  for (const method of ["POST", "PUT", "DELETE"]) {
    const { status, ran } = await ask([method, "/foo"], followed);
    assertEquals([status, ran], [403, 0], method);
  }
});

Deno.test("gateway answers 403 when a page of another origin embeds an answer, for which browsers send no origin", async () => {
  for (const site of ["cross-site", "same-site"]) {
    for (const dest of ["image", "script", "iframe", "empty"]) {
      const { status, ran, text } = await ask(["GET", "/own"], {
        "sec-fetch-site": site,
        "sec-fetch-dest": dest,
      });
      assertEquals([status, ran], [403, 0], `${site} ${dest}`);
      assertStringIncludes(text, "another site");
    }
  }
});

Deno.test("gateway answers pages of any origin when cors is on, and its own pages behind a proxy", async () => {
  for (const origin of FOREIGN) {
    const { status, ran } = await ask(["POST", "/foo"], { origin, "sec-fetch-site": "cross-site" }, {
      cors: true,
    });
    assertEquals([status, ran], [200, 1], origin);
  }
  const proxied = { host: "app.example", origin: "https://app.example" };
  assertEquals((await ask(["POST", "/foo"], proxied, { localOnly: false })).status, 200);
  const elsewhere = { host: "app.example", origin: "https://evil.example" };
  assertEquals((await ask(["POST", "/foo"], elsewhere, { localOnly: false })).status, 403);
});

Deno.test("gateway takes the host from the URL where no header names it, as in HTTP/2", async () => {
  const { app } = gateway(new FakeBackend());
  const status = async (url: string, headers = {}) =>
    (await app.request(new Request(url, { headers }))).status;
  assertEquals(await status("http://localhost:1/status", { origin: "http://localhost:1" }), 200);
  assertEquals(await status("http://localhost:1/status", { origin: "http://localhost:2" }), 403);
  assertEquals(await status("http://evil.example/status"), 403);
});

Deno.test("gateway in an app leaves pages to it, except where browsers ask for no permission", async () => {
  const mounted = { localOnly: false, isMounted: true };
  const json = { "content-type": "application/json; charset=utf-8" };
  for (const origin of FOREIGN) {
    assertEquals((await ask(["POST", "/foo"], { origin, ...json }, mounted)).ran, 1, origin);
    for (const request of [["GET", "/status"], ["PUT", "/own"]] as const) {
      assertEquals((await ask(request, { origin }, mounted)).status, 200, `${origin} ${request}`);
    }
    const { status, ran, text } = await ask(["POST", "/foo"], { origin }, mounted);
    assertEquals([status, ran], [403, 0], origin);
    assertStringIncludes(JSON.parse(text).detail, 'send it with "content-type: application/json"');
  }
  const image = { "sec-fetch-site": "cross-site", "sec-fetch-dest": "image" };
  const { status, ran } = await ask(["GET", "/own"], image, mounted);
  assertEquals([status, ran], [403, 0]);
});
