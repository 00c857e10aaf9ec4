/** Every exchange recorded from the real Jina 3.12, asked again of a real Flow. */
import { assertEquals } from "@std/assert";
import { readDocument, tableRows } from "../docs/_markdown.ts";
import { differences } from "./_differences.ts";
import { EXCUSES } from "./_excuses.ts";
import { RecordedFlow } from "./_flows.ts";
import { type FlowName, RECORDINGS, replay } from "./_recordings.ts";

const FLOWS: readonly FlowName[] = ["A", "B", "C", "D", "E", "F", "G"];

for (const flow of FLOWS) {
  const branches = flow === "D";
  Deno.test({
    name: `Flow answers as Jina did when the recordings of flow ${flow} are replayed`,
    async fn(t) {
      await using served = await RecordedFlow.serve(flow);
      for (const recorded of RECORDINGS.filter((item) => item.flow === flow)) {
        await t.step(recorded.name, async () => {
          const ours = await replay(recorded, served.origin);
          const found = differences(recorded.response, ours, branches);
          // An excuse has to be needed too, down to the last thing that differs.
          const excused = EXCUSES[recorded.name]?.differs ?? [];
          assertEquals(found.sort(), [...excused].sort(), JSON.stringify(ours, null, 2));
        });
      }
    },
  });
}

Deno.test("The contract test replays every recording, and excuses only what there is", () => {
  assertEquals(RECORDINGS.length, 84);
  assertEquals([...new Set(RECORDINGS.map(({ flow }) => flow))].sort(), FLOWS);
  const names = RECORDINGS.map(({ name }) => name);
  assertEquals(Object.keys(EXCUSES).filter((name) => !names.includes(name)), []);
});

Deno.test("docs/jina-differences.md gives the reason for every excuse", async () => {
  const rows = tableRows(await readDocument("docs/jina-differences.md"), "case").map(([first]) => first);
  assertEquals(new Set(rows).size, rows.length);
  assertEquals(Object.values(EXCUSES).map(({ row }) => row).filter((row) => !rows.includes(row)), []);
});
