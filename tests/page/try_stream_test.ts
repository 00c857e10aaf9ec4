/** "Try it" in a real browser: streams, and the request that is sent again after every reload. */
import { assertEquals, assertMatch } from "@std/assert";
import { Flow } from "../../mod.ts";
import { browserTest, type Tab } from "../support/chromium.ts";
import { PACKAGE } from "../support/flow_fixture.ts";
import { TempFolder } from "../support/temp_folder.ts";
import { answered, choose, click, field, openTry, read, send, TryPage, write } from "./_try_page.ts";

const STREAMS = `import { Executor, requests } from ${JSON.stringify(PACKAGE)};
let open = Promise.withResolvers();
let ended = "no";
export class Streams extends Executor {
  @requests({ on: "/words" })
  async *words() {
    yield { text: "one" };
    yield { text: "two" };
    await open.promise;
    yield { text: "three" };
  }
  @requests({ on: "/go" })
  go() {
    open.resolve();
    open = Promise.withResolvers();
  }
  @requests({ on: "/endless" })
  async *endless(_docs, { signal }) {
    try {
      for (let index = 0;; index++) {
        yield { text: String(index) };
        if (index % 100 === 99) await new Promise((resolve) => setTimeout(resolve, 1));
      }
    } finally {
      ended = "yes";
    }
  }
  @requests({ on: "/ended" })
  wasEnded(docs) {
    for (const doc of docs) doc.text = ended;
  }
  @requests({ on: "/breaks" })
  async *breaks() {
    yield { text: "before" };
    throw new RangeError("in the middle");
  }
}
`;

async function texts({ page }: Tab): Promise<(string | null)[]> {
  return await page.$$eval(
    "#try-answer .try-doc pre",
    (elements) => elements.map(({ textContent }) => textContent),
  );
}

browserTest("Try it shows the documents of a stream as they come", async (tab) => {
  await using folder = await TempFolder.make();
  await using served = await TryPage.start({ uses: await folder.write("streams.ts", STREAMS) });
  await openTry(tab, served, "POST /words");
  await click(tab, "#try-send");
  await tab.page.waitForFunction(`document.querySelectorAll("#try-answer .try-doc").length === 2`);
  assertEquals(await read(tab, "#try-status"), "Sending");
  assertEquals(await read<boolean>(tab, "#try-cancel", "hidden"), false);
  assertMatch(await read(tab, "#try-progress"), /^2 documents · [\d.]+ s$/);
  await fetch(served.at("/go"), {
    method: "POST",
    body: "{}",
    headers: { "content-type": "application/json" },
  });
  assertMatch(await answered(tab), /^200 OK/);
  assertEquals(await texts(tab), ["one", "two", "three"]);
  assertEquals(await read<boolean>(tab, "#try-cancel", "hidden"), true);
  await choose(tab, "POST /breaks");
  assertMatch(await send(tab), /^500 /);
  assertEquals(await texts(tab), ["before"]);
  assertEquals(await read(tab, ".try-failure .try-bad"), "RangeError: in the middle");
  assertEquals(tab.complaints, []);
});

browserTest("Try it cancels a stream without an end, of which it keeps little", async (tab) => {
  await using folder = await TempFolder.make();
  await using served = await TryPage.start({ uses: await folder.write("streams.ts", STREAMS) });
  await openTry(tab, served, "POST /endless");
  await click(tab, "#try-send");
  await tab.page.waitForFunction(
    `parseInt(document.querySelector("#try-progress").textContent.replace(",", "")) > 1000`,
  );
  assertEquals(await tab.page.$$eval("#try-answer .try-doc", (docs) => docs.length), 21);
  await click(tab, "#try-cancel");
  assertMatch(await answered(tab), /^200 cancelled · /);
  assertMatch(
    await read(tab, "#try-answer .try-docs h3"),
    /documents, of which the first 100 and the last 100 are kept$/,
  );
  await choose(tab, "POST /ended");
  await tab.page.waitForFunction(`(async () => {
    const body = '{"data": [{}]}';
    const init = { method: "POST", body, headers: { "content-type": "application/json" } };
    return (await (await fetch("/ended", init)).json()).data[0].text === "yes";
  })()`);
});

const source = (text: string, more = "") =>
  `import { Executor, requests } from ${JSON.stringify(PACKAGE)};
export class Mine extends Executor {
  @requests({ on: "/say" })
  say(docs) { for (const doc of docs) { doc.text = ${JSON.stringify(text)} + doc.text;${more} } }
}
`;

/** Waits for the answer after a version. */
async function resent({ page }: Tab, version: number): Promise<void> {
  await page.waitForFunction(
    `document.querySelector("#try-resent")?.textContent.includes("version ${version} of executor0")`,
  );
}

browserTest(
  "Try it sends the chosen request again after every reload, and says what differs",
  async (tab) => {
    await using folder = await TempFolder.make();
    const uses = await folder.write("mine.ts", source("one "));
    await using served = await TryPage.start({ uses, reload: true });
    await openTry(tab, served, "POST /say");
    await write(tab, field("data/0/text"), "dear");
    await send(tab);
    assertEquals(await read<boolean>(tab, "#try-resent", "hidden"), true);
    await click(tab, ".try-pin");
    await tab.page.waitForSelector("#try-resent .try-verdict");
    assertMatch(await read(tab, "#try-resent .try-verdict"), /^The first answer/);
    assertEquals(await read<boolean>(tab, "#try-again", "checked"), true);
    assertEquals(await read(tab, ".try-pin", "ariaPressed"), "true");

    await folder.write("mine.ts", source("two ", " doc.tags.more = 1;"));
    await resent(tab, 2);
    assertEquals(await read(tab, "#try-resent .try-verdict"), "2 differences");
    assertEquals(await read(tab, ".try-changes li:first-child"), "documents[0].text changedone deartwo dear");
    assertEquals(await read(tab, ".try-changes li:last-child code"), "documents[0].tags");
    assertEquals(await texts(tab), ["two dear"], "the answer beside the request is the new one");

    await folder.write("mine.ts", `// A comment.\n${source("two ", " doc.tags.more = 1;")}`);
    await resent(tab, 3);
    assertEquals(await read(tab, "#try-resent .try-verdict"), "Same answer as before.");
    assertEquals(await tab.page.$$eval(".try-changes", (lists) => lists.length), 0);

    await folder.write("mine.ts", source("two ", " throw new Error('broken');"));
    await resent(tab, 4);
    assertMatch(await read(tab, "#try-resent .try-bad"), /^500 /);
    const places = await tab.page.$$eval(
      ".try-changes code",
      (codes) => codes.map(({ textContent }) => textContent),
    );
    assertEquals(places.slice(0, 2), ["status", "error"]);

    await click(tab, "#try-again");
    assertEquals(await read<boolean>(tab, "#try-resent", "hidden"), true);
    assertEquals(await read(tab, ".try-pin", "ariaPressed"), "false");
  },
);

browserTest("Try it sends the chosen request again once an Executor was added", async (tab) => {
  await using folder = await TempFolder.make();
  for (const name of ["one", "two"]) {
    await folder.write(`${name}.ts`, source("").replace("doc.text =", `doc.tags.${name} = true; doc.text =`));
  }
  const item = (name: string) => `  - { name: ${name}, uses: ${name}.ts }\n`;
  const yaml = await folder.write("flow.yml", `jtype: Flow\nexecutors:\n${item("one")}`);
  await using served = await TryPage.of(await Flow.load(yaml, { port: 0, reload: true, log: () => {} }));
  await openTry(tab, served, "POST /say");
  await click(tab, "#try-again");
  await tab.page.waitForSelector("#try-resent .try-verdict");
  await folder.write("flow.yml", `jtype: Flow\nexecutors:\n${item("one")}${item("two")}`);
  await tab.page.waitForFunction(
    `document.querySelector("#try-resent").textContent.includes("after a change of the graph")`,
  );
  assertMatch(await read(tab, "#try-answer"), /two/);
});

browserTest("Try it keeps the last requests, restores one, and sends again after a restart", async (tab) => {
  await using folder = await TempFolder.make();
  const uses = await folder.write("mine.ts", source(""));
  let port: number;
  {
    await using served = await TryPage.start({ uses });
    port = Number(new URL(served.at("/")).port);
    await openTry(tab, served, "POST /say");
    for (const text of ["first", "second"]) {
      await write(tab, field("data/0/text"), text);
      await send(tab);
      await tab.page.waitForFunction(
        `document.querySelector(".try-restore").textContent.includes("${text}")`,
      );
    }
    await openTry(tab, served, "GET /status");
    await tab.page.waitForSelector(".try-restore");
    const rows = await tab.page.$$eval(
      ".try-recent li",
      (items) => items.map(({ textContent }) => textContent ?? ""),
    );
    assertEquals(rows.length, 2);
    assertMatch(rows[1] ?? "", /^POST \/say.*first.*200 · [\d.]+ ms · \d+:\d\d/);
    await click(tab, ".try-recent li:last-child .try-restore");
    assertEquals(await read(tab, field("data/0/text"), "value"), "first");
    await click(tab, "#try-again");
    await tab.page.waitForSelector("#try-resent .try-verdict");
  }
  await folder.write("mine.ts", source("again "));
  await using _restarted = await TryPage.start({ uses }, { port });
  await tab.page.waitForFunction(
    `document.querySelector("#try-resent").textContent.includes("after a restart of the process")`,
  );
  assertEquals(await read(tab, "#try-resent .try-verdict"), "1 difference");
  await click(tab, "#try-clear");
  assertEquals(await tab.page.$$eval(".try-recent", (lists) => lists.length), 0);
  assertEquals(await tab.page.evaluate(`localStorage.getItem("hotflow.try")`), null);
});

browserTest("Try it shows the snippet of an error that a handler throws", async (tab) => {
  await using folder = await TempFolder.make();
  const uses = await folder.write("mine.ts", source("", " throw new Error('at this line');"));
  await using served = await TryPage.start({ uses });
  await openTry(tab, served, "POST /say");
  await send(tab);
  await tab.page.waitForFunction(
    `document.querySelector(".try-snippet")?.textContent.includes("throw new Error('at this line')")`,
  );
  // Its lines in the log are a click away.
  await click(tab, ".try-log");
  await tab.page.waitForFunction(
    `/^1 of /.test(document.querySelector(".counts").textContent) &&
      document.querySelector(".lines").textContent.includes("at this line")`,
  );
});
