import { assertEquals } from "@std/assert";
import { ask, Traffic } from "../support/traffic.ts";
import { Example } from "./_example.ts";

const SHOUT = "  - name: shout\n    uses: executors.ts#Shout\n";

Deno.test("examples/flow_yaml follows flow.yml: Executors come, change, and go, and no request fails", async () => {
  await using example = await Example.run("flow_yaml");
  const text = "Katzen schlafen viel";
  await using traffic = new Traffic(() => ask(example.port, "/", text), 4);
  const becomes = async (answer: string, before: string, after: string) => {
    const mark = example.log.mark;
    await Promise.all([traffic.text(answer), example.edit("flow.yml", before, after)]);
    return /applied after [\d.]+ ms: (.*) \[/.exec(
      (await example.log.waitFor(/INFO {3}Flow@\d+ applied after/, mark)).message,
    )?.[1];
  };
  assertEquals((await ask(example.port, "/", text)).text, "3 words in an unknown language");

  const end = "    needs: [words, language]\n";
  // Re-configure one, add one, re-wire one and remove one, and add it again.
  assertEquals(
    await becomes("3 words in German, perhaps", "an unknown language", '"German, perhaps"'),
    "re-configured language (uses_with)",
  );
  assertEquals(await becomes("3 WORDS IN GERMAN, PERHAPS!", end, end + SHOUT), "added shout");
  const branch = "  - name: language\n    uses: executors.ts#Language\n    needs: gateway\n" +
    '    uses_with: { otherwise: "German, perhaps" }\n';
  const file = await Deno.readTextFile(example.folder.at("example/flow.yml"));
  await Deno.writeTextFile(example.folder.at("example/next.yml"), file.replace(branch, "").replace(end, ""));
  const mark = example.log.mark;
  await Promise.all([
    traffic.text("3 WORDS!"),
    Deno.rename(example.folder.at("example/next.yml"), example.folder.at("example/flow.yml")),
  ]);
  await example.log.waitFor(
    /applied after .* ms: re-wired report \(needs words\); removed language \[/,
    mark,
  );
  assertEquals(await becomes("3 words", SHOUT, ""), "removed shout");

  // A slip of the pen changes nothing, and says where it is.
  await example.edit("flow.yml", "name: report", "nmae: report");
  await example.log.waitFor(/executors\[1\]\.nmae`; did you mean `name`\? .*flow\.yml:8:5/);
  assertEquals((await ask(example.port, "/", text)).text, "3 words");
  await example.edit("flow.yml", "nmae: report", "name: report");
  await example.log.waitFor(/it describes again what is served; nothing has changed/);

  await traffic.stop();
  assertEquals([traffic.failed, traffic.broken], [[], []]);
  assertEquals(await example.interrupt(), 0);
});
