/** At which hosts the page is served: a page elsewhere can give its own host name to this machine. */
import { assertEquals } from "@std/assert";
import { FakeBackend, gateway } from "./_backend.ts";

Deno.test("page: true serves the page at addresses and local names, not at one that a page elsewhere may have", async () => {
  const { app } = gateway(new FakeBackend(), { page: true, host: "flow.example.com", localOnly: false });
  const statusOf = async (host: string, path = "/events") => {
    const headers = { host, accept: "text/html" };
    const { status, body } = await app.request(`http://${host}${path}`, { headers });
    await body?.cancel();
    return status;
  };
  const own = [
    "10.0.0.5:8080",
    "[fe80::1]:8080",
    "box",
    "box.local:8080",
    "localhost",
    "Flow.example.com:80",
  ];
  for (const host of own) assertEquals([await statusOf(host), await statusOf(host, "/")], [200, 200], host);
  for (const host of ["evil.test:8080", "10.0.0.5.evil.test", "local.evil.test"]) {
    for (const path of ["/", "/events", "/docs"]) assertEquals(await statusOf(host, path), 403, host + path);
  }
});
