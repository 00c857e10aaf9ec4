/** The page of a Flow that serves, reloads, fails and recovers, in a real browser. */
import { assert, assertEquals } from "@std/assert";
import { Served } from "../flow/_serve.ts";
import { browserTest } from "../support/chromium.ts";
import { PACKAGE } from "../support/flow_fixture.ts";
import { TempFolder } from "../support/temp_folder.ts";
import { evaluate, shows, until } from "./_open.ts";

const source = (body: string) =>
  `import { Executor, requests } from ${JSON.stringify(PACKAGE)};
export class Shout extends Executor {
  @requests({ on: "/shout" })
  shout(docs) {
    ${body}
  }
}
`;
const GOOD = 'for (const doc of docs) doc.text = "first";';
const GONE = `document.querySelector(".overlay").hidden`;

browserTest("The page of a Flow follows saves: a swap, a failed load, and the way back", async (tab) => {
  await using folder = await TempFolder.make();
  const uses = await folder.write("shout.ts", source(GOOD));
  const served = await Served.start({ name: "shout", uses, reload: true });
  await using _closed = served;
  await tab.page.goto(served.at("/"));
  await shows(tab, ".state", /^live$/);
  await shows(tab, ".topology .summary", "1 Executor, all serving");
  await shows(tab, '[data-node="shout"]', /Shout.*1 replica/);

  await folder.write("shout.ts", source(GOOD.replace("first", "second")));
  await shows(tab, ".load h3", "shout v2loaded");
  await shows(tab, ".load .facts", /save.*in a fresh worker/);
  await shows(tab, ".load .phases", /event .*load .*setup .*swap /);
  assertEquals(
    await tab.page.$$eval(".diff .added", (lines) => lines.map((line) => line.textContent?.trim())),
    [`+    ${GOOD.replace("first", "second")}`],
  );
  await shows(tab, '[data-node="shout"] .version', "v2");

  await folder.write("shout.ts", source("for (const doc of docs {"));
  await shows(tab, ".overlay .title", "shout could not be loaded");
  await shows(tab, ".overlay .place", /shout\.ts:5:\d+$/);
  await shows(tab, ".overlay .since", "version 2 serves, since");
  await shows(tab, ".overlay .mistake", "for (const doc of docs {");
  await folder.write("shout.ts", source(GOOD.replace("first", "second")));
  await until(tab, GONE);
  await shows(tab, ".load .good", "The files are as before: version 2 serves.");

  await folder.write("shout.ts", source('throw new RangeError("not today");'));
  await shows(tab, ".load h3", /shout v\dloaded/);
  for (let times = 0; times < 3; times++) await served.post("/shout", { data: [{ text: "" }] });
  await shows(tab, ".overlay .title", /^shout keeps throwing/);
  await shows(tab, ".overlay .message", "RangeError: not today");
  await tab.page.waitForSelector(".lines button.request");
  await tab.page.click(".lines button.request");
  await shows(tab, ".counts", /^1 of \d+ lines$/);
  await folder.write("shout.ts", source(GOOD));
  await until(tab, GONE);

  await shows(tab, ".gateway .figures", /\d\/s.* ms.*3 err/);
  const label = await evaluate<string>(
    tab,
    `document.querySelector(".chart svg").getAttribute("aria-label")`,
  );
  assert(label.startsWith("Throughput, last ten minutes: now all "), label);
  assertEquals(tab.complaints, []);
  await served.flow.close();
  await shows(tab, ".state", "connection lost");
  await tab.page.goto("about:blank");
});
