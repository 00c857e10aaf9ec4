/** What a page of another origin can learn of a Flow in a real browser: nothing. */
import { assertEquals } from "@std/assert";
import { A } from "../flow/_executors.ts";
import { Served } from "../flow/_serve.ts";
import { browserTest } from "../support/chromium.ts";

/** What a page tries, by its name: JavaScript in which `url` is the Flow's address; gives what it could read. */
const ATTEMPTS: Record<string, string> = {
  "EventSource": `new Promise((resolve) => {
    const source = new EventSource(url + "/events");
    source.addEventListener("hello", ({ data }) => resolve(data));
    source.onerror = () => (source.close(), resolve(""));
  })`,
  "EventSource with credentials": `new Promise((resolve) => {
    const source = new EventSource(url + "/events", { withCredentials: true });
    source.addEventListener("hello", ({ data }) => resolve(data));
    source.onerror = () => (source.close(), resolve(""));
  })`,
  "fetch": `fetch(url + "/events").then((response) => response.text())`,
  "fetch without CORS": `fetch(url + "/events", { mode: "no-cors" }).then((response) => response.text())`,
  "the page": `fetch(url + "/", { headers: { accept: "text/html" } }).then((response) => response.text())`,
  "the status": `fetch(url + "/status").then((response) => response.text())`,
  "the metrics": `fetch(url + "/metrics").then((response) => response.text())`,
  "a script": `new Promise((resolve) => {
    addEventListener("error", ({ message }) => resolve(message), { once: true });
    const script = Object.assign(document.createElement("script"), { src: url + "/events" });
    script.onload = () => resolve("loaded");
    script.onerror = () => resolve("");
    document.body.append(script);
  })`,
  "a frame": `new Promise((resolve) => {
    const frame = Object.assign(document.createElement("iframe"), { src: url + "/" });
    frame.onload = () => {
      try { resolve(frame.contentDocument?.body.innerHTML ?? ""); } catch (error) { resolve(""); }
    };
    document.body.append(frame);
  })`,
};

browserTest(
  "a page of another port reads neither page, events, status nor metrics, even with cors",
  async ({ page }) => {
    const headers = { "content-type": "text/html" };
    const elsewhere = Deno.serve(
      { hostname: "127.0.0.1", port: 0, onListen: () => {} },
      () => new Response("<!doctype html><title>elsewhere</title><body>", { headers }),
    );
    try {
      await page.goto(`http://127.0.0.1:${elsewhere.addr.port}/`);
      for (const cors of [false, true]) {
        await using served = await Served.start({ uses: A, name: "a" }, { cors });
        for (const host of ["127.0.0.1", "localhost"]) {
          const url = JSON.stringify(`http://${host}:${served.flow.port}`);
          for (const [name, attempt] of Object.entries(ATTEMPTS)) {
            const script =
              `(async () => { const url = ${url}; try { return await (${attempt}); } catch { return ""; } })()`;
            assertEquals(await page.evaluate(script), "", `${name} at ${host}, cors: ${cors}`);
          }
          // What is not private, cors lets it read.
          const open = `fetch(${url} + "/dry_run").then(({ status }) => status).catch(() => 0)`;
          assertEquals(await page.evaluate(open), cors ? 200 : 0);
        }
      }
    } finally {
      await elsewhere.shutdown();
    }
  },
);
