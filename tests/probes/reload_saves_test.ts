/** Manners of saving: atomic, as vim does it, fast, and right after a version serves. The last save wins. */
import { assertEquals } from "@std/assert";
import { FILE, Reloading } from "../support/reloading.ts";
import { executorSource, type FlowFixture, probe } from "../support/flow_fixture.ts";

const SERVES = /INFO executor0\/rep-0 version \d+ serves after/;

/** `v01`, `v02`, …: texts of one length. */
const names = (count: number, letter = "v") =>
  Array.from({ length: count }, (_, index) => `${letter}${String(index + 1).padStart(2, "0")}`);

/** Waits for a moment of the race, without keeping the Flow in this process from its work. */
async function pause(ms: number): Promise<void> {
  const end = performance.now() + ms;
  while (performance.now() < end) await new Promise((resolve) => setImmediate(resolve));
}

/** Saves ten times in a second, then ten times back to back; no version comes after a newer one. */
async function tenSaves(fixture: FlowFixture, source: (text: string) => string): Promise<void> {
  const reloading = await Reloading.begin(fixture, { files: { [FILE]: source("v00") } });
  for (const text of names(10)) {
    await Promise.all([fixture.folder.write(FILE, source(text)), pause(100)]);
  }
  await reloading.ends("v10");
  for (const text of names(10, "w")) await fixture.folder.write(FILE, source(text));
  await reloading.ends("w10");
  for (const text of names(10, "x")) await fixture.folder.writeAtomic(FILE, source(text));
  await reloading.ends("x10");
  const { texts } = reloading.traffic;
  assertEquals(texts, [...texts].sort());
  assertEquals(fixture.log.lines.filter((line) => /^ERROR/.test(line)), []);
  assertEquals((await fixture.status()).deployments[0].lastError, null);
  await fixture.assertNothingLost();
}

probe(15, "atomic save, several times", async (fixture) => {
  const reloading = await Reloading.begin(fixture);
  for (const text of ["v2", "v3", "v4", "v5"]) {
    await reloading.becomes(text, FILE, () => fixture.folder.writeAtomic(FILE, executorSource(text)));
  }
  // The temporary file stands beside it in the open, by the names that editors give it.
  for (const [text, temporary] of [["v6", `${FILE}.tmp`], ["v7", `${FILE}~`], ["v8", `.${FILE}.swp`]]) {
    await reloading.becomes(text, FILE, async () => {
      await fixture.folder.write(temporary, executorSource(text));
      await Deno.rename(fixture.folder.at(temporary), fixture.folder.at(FILE));
    });
  }
  await reloading.saved("v9");
  assertEquals(reloading.traffic.texts, ["v1", "v2", "v3", "v4", "v5", "v6", "v7", "v8", "v9"]);
  assertEquals(reloading.reloads, 8);
  await fixture.assertNothingLost();
});

probe(16, "vim-style save (rename to backup, create anew)", async (fixture) => {
  const reloading = await Reloading.begin(fixture);
  for (const text of ["v2", "v3", "v4", "v5"]) {
    await reloading.becomes(text, FILE, () => fixture.folder.writeLikeVim(FILE, executorSource(text)));
  }
  // The backup stays.
  for (const text of ["v6", "v7"]) {
    await reloading.becomes(text, FILE, async () => {
      await Deno.rename(fixture.folder.at(FILE), fixture.folder.at(`${FILE}~`));
      await fixture.folder.write(FILE, executorSource(text));
    });
  }
  await reloading.saved("v8");
  assertEquals(reloading.traffic.texts, ["v1", "v2", "v3", "v4", "v5", "v6", "v7", "v8"]);
  assertEquals(reloading.reloads, 7);
  await fixture.assertNothingLost();
});

probe(17, "10 saves in 1 s, same size", async (fixture) => {
  await tenSaves(fixture, (text) => executorSource(text));
});

probe(17, "same size, each save 0 to 5 ms after the one before is served", async (fixture) => {
  const reloading = await Reloading.begin(fixture);
  for (let round = 0; round < 22; round++) {
    const mark = fixture.log.mark;
    // A save that is swallowed is never served.
    await fixture.folder.write(FILE, executorSource(round % 2 === 0 ? "A1" : "B1"));
    await fixture.log.waitFor(SERVES, mark);
    await pause((round >> 1) / 2);
  }
  await reloading.ends("B1");
  assertEquals(reloading.reloads, 22);
  assertEquals(reloading.traffic.texts, ["v1", "A1", "B1"]);
  await fixture.assertNothingLost();
});

probe(17, "same size, A-B-A in place 0 to 5 ms after a version is served", async (fixture) => {
  const reloading = await Reloading.begin(fixture, { files: { [FILE]: executorSource("A1") } });
  let [now, other] = ["A1", "B1"];
  for (let round = 0; round < 11; round++) {
    const mark = fixture.log.mark;
    [now, other] = [other, now];
    await fixture.folder.write(FILE, executorSource(now));
    await fixture.log.waitFor(SERVES, mark);
    await pause(round / 2);
    await fixture.folder.write(FILE, executorSource(other));
    // From within the same tick of the file system's clock to a load that is well under way.
    if (round % 3 > 0) await pause(round);
    await fixture.folder.write(FILE, executorSource(now));
    await reloading.ends(now);
  }
  assertEquals(fixture.log.lines.filter((line) => /^ERROR/.test(line)), []);
  await fixture.assertNothingLost();
});

probe(18, "10 saves in 1 s, different sizes / back to back", async (fixture) => {
  await tenSaves(fixture, (text) => `${executorSource(text)}//${"-".repeat(Number(text.slice(1)) * 7)}\n`);
});
