/** Batches and versions: a batch belongs to one, and a version that ends starts what waits. */
import { assert, assertEquals } from "@std/assert";
import { Served } from "../flow/_serve.ts";
import { PACKAGE } from "../support/flow_fixture.ts";
import { Latch } from "../support/latch.ts";
import { TempFolder } from "../support/temp_folder.ts";
import { inFlight, post, tagsOf } from "./_clients.ts";

const FILE = "held.ts";

/** An Executor whose handler fetches the addresses in the texts of a batch, and says its version. */
function source(word: string, more = ""): string {
  return `import { Executor } from ${JSON.stringify(PACKAGE)};
export class Held extends Executor {
  static requests = { "/hold": { method: "hold", batch: { size: 8, wait: 60_000 } }, "/seen": "seen" };
  async hold(docs, { requestIds }) {
    for (const { text } of docs) if (text !== "") await (await fetch(text)).text();
    for (const doc of docs) doc.tags = { word: ${JSON.stringify(word)}, requests: requestIds.length };
  }
  seen() {}
${more}}
`;
}

const STATE = "  saveState() { return 1; }\n  restoreState() {}\n";

for (
  const [what, reload, more] of [
    ["in a new worker", "fresh", ""],
    ["in the same worker", "in-place", ""],
    ["that hands over state", "fresh", STATE],
  ] as const
) {
  Deno.test(`a reload ${what} during a batch: those that wait run at once, on their version`, async () => {
    await using folder = await TempFolder.make();
    const uses = await folder.write(FILE, source("v1", more));
    await using served = await Served.start({ uses, reload }, { handoverTimeout: 100 });
    await using running = new Latch();
    await using waiting = new Latch();
    const first = post(served, "/hold", "a", running.url);
    await running.reached();
    const second = [post(served, "/hold", "b", waiting.url), post(served, "/hold", "c")];
    await inFlight(served, 3);
    await folder.write(FILE, source("v2", more));
    await waiting.reached();
    await served.log.waitFor(/version 2 serves/);
    assertEquals(tagsOf(await post(served, "/hold", "d")), { word: "v2", requests: 1 });
    running.open();
    waiting.open();
    assertEquals(tagsOf(await first), { word: "v1", requests: 1 });
    for (const reply of second) assertEquals(tagsOf(await reply), { word: "v1", requests: 2 });
  });
}

Deno.test("reloads under load lose no request, and no batch has documents of two versions", async () => {
  await using folder = await TempFolder.make();
  const uses = await folder.write(FILE, source("v1"));
  await using served = await Served.start({ uses, reload: true });
  const end = { isReached: false };
  const words = new Set<string>();
  const client = async (name: string) => {
    for (let index = 0; !end.isReached; index++) {
      const { status, body } = await post(served, "/hold", `${name}-${index}`);
      assertEquals([status, body.data[0].id], [200, `${name}-${index}`]);
      words.add(body.data[0].tags.word);
    }
  };
  const clients = Array.from({ length: 8 }, (_, index) => client(`c${index}`));
  for (const version of [2, 3, 4]) {
    const mark = served.log.mark;
    await folder.write(FILE, source(`v${version}`));
    await served.log.waitFor(new RegExp(`version ${version} serves`), mark);
    await post(served, "/hold", "seen");
  }
  end.isReached = true;
  await Promise.all(clients);
  assert(words.has("v1"));
  assertEquals([...words].filter((word) => !/^v[1-4]$/.test(word)), []);
});
