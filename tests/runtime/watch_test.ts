/** `watch()` of the runtime. */
import { assertEquals } from "@std/assert";
import { isTimedOut } from "../../src/async/deadline.ts";
import { runtime } from "../../src/runtime/mod.ts";
import { PATIENCE_MS } from "../support/log_trap.ts";
import { TempFolder } from "../support/temp_folder.ts";

Deno.test("a path can be watched again once its watch has ended, with another folder there", async () => {
  await using folder = await TempFolder.make();
  const path = folder.at("sub");
  await Deno.mkdir(path);
  const end = runtime.watch(path, () => {});
  for (let round = 0; round < 20; round++) {
    await Deno.rename(path, folder.at(`aside${round}`));
    await Deno.mkdir(path);
  }
  await end();
  const { promise, resolve } = Promise.withResolvers<void>();
  const endAgain = runtime.watch(path, () => resolve());
  await folder.write("sub/a.ts", "1");
  assertEquals(await isTimedOut(PATIENCE_MS, promise), false);
  await endAgain();
});
