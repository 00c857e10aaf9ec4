import { assertEquals, assertMatch } from "@std/assert";
import { executorSource, probe } from "../support/stand.ts";

probe(1, "syntax error in the executor file", async (stand) => {
  await stand.folder.write("my_executor.ts", executorSource("v1"));
  await stand.serve({ uses: "my_executor.ts", reload: true });
  const traffic = await stand.traffic();
  const path = await stand.folder.write("my_executor.ts", `${executorSource("broken")}\nclass {`);
  const line = await stand.log.waitFor(/could not load/);
  assertMatch(line.message, new RegExp(`SyntaxError: .* at ${path}:\\d+:\\d+\n`));
  assertEquals((await stand.status()).deployments[0].lastError?.file, path);
  await traffic.round();
  assertEquals(traffic.texts, ["v1"]);
  await stand.folder.write("my_executor.ts", executorSource("v2"));
  await traffic.text("v2");
  assertEquals(traffic.texts, ["v1", "v2"]);
  assertEquals((await stand.status()).deployments[0].lastError, null);
  await stand.unharmed();
});

probe(15, "atomic save, several times", async (stand) => {
  await stand.folder.write("my_executor.ts", executorSource("v1"));
  await stand.serve({ uses: "my_executor.ts", reload: true });
  const traffic = await stand.traffic();
  for (const text of ["v2", "v3", "v4", "v5"]) {
    const seen = traffic.text(text);
    await stand.folder.writeAtomic("my_executor.ts", executorSource(text));
    await seen;
  }
  assertEquals(traffic.texts, ["v1", "v2", "v3", "v4", "v5"]);
  assertEquals(stand.log.count(/detected changes in: \['.*my_executor.ts'\]. Refreshing the Executor$/), 4);
  await stand.unharmed();
});
