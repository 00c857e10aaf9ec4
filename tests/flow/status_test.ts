/** `flow.status()` and `GET /status`. */
import { assertEquals, assertThrows } from "@std/assert";
import { Flow } from "../../mod.ts";
import { FLOW, flowOf, yamlTest } from "../flow_yaml/_serving.ts";
import { A } from "./_executors.ts";
import { Served } from "./_serve.ts";

Deno.test("Flow.status() throws when the Flow was not started", () => {
  const error = assertThrows(() => new Flow().status(), Error, "start it first");
  assertEquals((error as { code?: string }).code, "INVALID_STATE");
});

Deno.test("Flow.host is the address of the options", () => {
  assertEquals([new Flow().host, new Flow({ host: "::1" }).host], ["127.0.0.1", "::1"]);
});

Deno.test("Flow.status() is what GET /status returns as JSON", async () => {
  await using served = await Served.start({ uses: A, name: "a" });
  const status = served.flow.status();
  assertEquals(await (await fetch(served.at("/status"))).json(), JSON.parse(JSON.stringify(status)));
  const [{ name, state, executor, isolation, version, history, lastError }] = status.deployments;
  assertEquals([name, state, executor, isolation], ["a", "serving", "A", "thread"]);
  assertEquals([version, lastError], [1, null]);
  assertEquals([history.length, history[0].at instanceof Date], [1, true]);
  assertEquals(["yaml", "lastError", "history"].filter((key) => key in status), []);
});

Deno.test("Flow.status() is still there once the Flow is closed", async () => {
  await using served = await Served.start({ uses: A, name: "a" });
  await served.flow.close();
  const [{ name, history }] = served.flow.status().deployments;
  assertEquals([name, history.length], ["a", 1]);
});

yamlTest("Flow.status() has the Flow's YAML, and why it could not be applied", async (fixture) => {
  const path = await fixture.folder.write(FLOW, flowOf(["name: a"]));
  await using flow = await Flow.load(path, { port: 0, reload: true, log: fixture.log.sink });
  await flow.start();
  assertEquals([flow.status().yaml, flow.status().lastError, flow.status().history], [path, null, []]);
  await fixture.folder.write(FLOW, flowOf(["nmae: a"]));
  await fixture.log.waitFor(/could not apply/);
  const { lastError, history = [] } = flow.status();
  assertEquals(lastError?.problems.map(({ path, line }) => [path, line]), [["executors[0].nmae", 4]]);
  assertEquals([lastError?.name, history.length], ["ConfigError", 1]);
});
