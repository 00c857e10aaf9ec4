import { assert, assertEquals, assertMatch } from "@std/assert";
import { FakeBackend, gateway } from "./_backend.ts";

async function docs() {
  const response = await gateway(new FakeBackend()).app.request("/docs");
  return { headers: response.headers, status: response.status, html: await response.text() };
}

Deno.test("GET /docs is a page of a few kilobytes that fetches nothing from elsewhere", async () => {
  const { status, headers, html } = await docs();
  assertEquals([status, headers.get("content-type")], [200, "text/html; charset=utf-8"]);
  assert(html.length < 12_000, `${html.length} characters`);
  assertEquals(html.match(/https?:|\/\/\w+\./g), null);
});

Deno.test("GET /docs has a policy that names its own script and style by hash, and forbids the rest", async () => {
  const { headers, html } = await docs();
  const policy = headers.get("content-security-policy") ?? "";
  for (const kind of ["script", "style"]) {
    const [, text] = new RegExp(`<${kind}>([^]*)</${kind}>`).exec(html) ?? [];
    const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text)));
    assertMatch(policy, new RegExp(`${kind}-src 'sha256-[\\w+/=]+'`));
    assert(policy.includes(`'sha256-${btoa(String.fromCharCode(...digest))}'`), kind);
  }
  for (const part of ["default-src 'none'", "require-trusted-types-for 'script'", "frame-ancestors 'none'"]) {
    assert(policy.includes(part), part);
  }
  assertEquals(/unsafe|\*/.test(policy), false);
  assertEquals(headers.get("x-content-type-options"), "nosniff");
});

Deno.test("GET /docs answers other methods with 405", async () => {
  const response = await gateway(new FakeBackend()).app.request("/docs", { method: "POST" });
  assertEquals([response.status, response.headers.get("allow")], [405, "GET"]);
});
