import { assertEquals } from "@std/assert";
import { deploymentSourceOf } from "../../src/flow/_deployment_source.ts";
import { Logger } from "../../src/log/logger.ts";
import { settingsOf } from "../../src/options/settings.ts";
import { threadLauncher } from "../../src/replica/worker_launcher.ts";
import { WorkerPools } from "../../src/replica/worker_pools.ts";

Deno.test("deploymentSourceOf() separates whether an Executor is reloaded from how", () => {
  const pools = new WorkerPools(threadLauncher, 0, { stuckMs: Infinity, closeMs: 1_000 }, false);
  const log = new Logger("Flow", () => {});
  const of = (reload?: boolean | "fresh" | "in-place") => {
    const executor = { name: "a", uses: "/no/such/a.ts", needs: [], ...(reload !== undefined && { reload }) };
    const source = deploymentSourceOf(executor, settingsOf({}), pools, log);
    return [source.reload, source.deployment.options.reloadMode];
  };
  assertEquals([of(), of(false), of(true)], [[false, "auto"], [false, "auto"], [true, "auto"]]);
  assertEquals([of("fresh"), of("in-place")], [[true, "fresh"], [true, "in-place"]]);
});
