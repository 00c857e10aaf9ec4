/** "Try it" by the rules of axe, in a real browser. */
import { assertEquals } from "@std/assert";
import { browserTest } from "../support/chromium.ts";
import { findings } from "./_axe.ts";
import { Rich } from "./_executors.ts";
import { choose, click, field, openTry, send, TryPage, write } from "./_try_page.ts";

for (const scheme of ["light", "dark"]) {
  browserTest(`axe finds nothing in Try it, ${scheme}: forms, issues, answers, code, errors`, async (tab) => {
    await tab.page.emulateMediaFeatures([{ name: "prefers-color-scheme", value: scheme }]);
    await using served = await TryPage.start({ uses: Rich });
    await openTry(tab, served, "POST /see");
    await send(tab);
    await click(tab, ".try-code summary");
    await click(tab, "#try-schemas summary");
    assertEquals(await findings(tab, "#try"), []);
    await write(tab, field("data/0/price"), "-1");
    await send(tab);
    assertEquals(await findings(tab, "#try"), []);
    await choose(tab, "POST /fields");
    await send(tab);
    await tab.page.evaluate(
      `for (const one of document.querySelectorAll(".try-doc details")) one.open = true`,
    );
    await click(tab, "#try-again");
    await tab.page.waitForSelector("#try-resent .try-verdict");
    assertEquals(await findings(tab, "#try"), []);
    await choose(tab, "POST /boom");
    await send(tab);
    assertEquals(await findings(tab, "#try"), []);
  });
}
