import { assertEquals } from "@std/assert";
import { deploymentSourceOf } from "../../src/flow/_deployment_source.ts";
import { Logger } from "../../src/log/logger.ts";
import { settingsOf } from "../../src/options/settings.ts";
import { StandbyPool } from "../../src/replica/standby_pool.ts";
import { threadLauncher } from "../../src/replica/worker_launcher.ts";

Deno.test("deploymentSourceOf() separates whether an Executor is reloaded from how", () => {
  const pool = new StandbyPool(threadLauncher, 0, { stuckMs: Infinity, closeMs: 1_000 });
  const log = new Logger("Flow", () => {});
  const of = (reload?: boolean | "fresh" | "in-place") => {
    const executor = { name: "a", uses: "/no/such/a.ts", needs: [], ...(reload !== undefined && { reload }) };
    const source = deploymentSourceOf(executor, settingsOf({}), pool, log);
    return [source.reload, source.deployment.options.reloadMode];
  };
  assertEquals([of(), of(false), of(true)], [[false, "auto"], [false, "auto"], [true, "auto"]]);
  assertEquals([of("fresh"), of("in-place")], [[true, "fresh"], [true, "in-place"]]);
});
