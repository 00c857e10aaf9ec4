/** Sources behind symbolic links. */
import { assertEquals } from "@std/assert";
import { FILE, Reloading } from "../support/reloading.ts";
import { executorSource } from "../support/flow_fixture.ts";
import { reloadTest } from "./_serving.ts";

reloadTest("a symlinked source folder: saves at either end are seen", async (fixture) => {
  await fixture.folder.write(`real/${FILE}`, executorSource("v1"));
  await Deno.symlink(fixture.folder.at("real"), fixture.folder.at("link"));
  const reloading = await Reloading.begin(fixture, { files: {}, add: { uses: `link/${FILE}` } });
  const named = `link/${FILE}`;
  await reloading.becomes("v2", named, () => fixture.folder.write(`real/${FILE}`, executorSource("v2")));
  await reloading.becomes("v3", named, () => fixture.folder.write(`link/${FILE}`, executorSource("v3")));
  await reloading.becomes(
    "v4",
    named,
    () => fixture.folder.writeAtomic(`real/${FILE}`, executorSource("v4")),
  );
  await reloading.becomes(
    "v5",
    named,
    () => fixture.folder.writeAtomic(`link/${FILE}`, executorSource("v5")),
  );
  assertEquals(reloading.traffic.texts, ["v1", "v2", "v3", "v4", "v5"]);
  assertEquals(reloading.reloads, 4);
  await fixture.assertNothingLost();
});

reloadTest("a symlinked source file: saves of its target are seen", async (fixture) => {
  await fixture.folder.write("real/impl.ts", executorSource("v1"));
  await Deno.mkdir(fixture.folder.at("app"));
  await Deno.symlink("../real/impl.ts", fixture.folder.at(`app/${FILE}`));
  const reloading = await Reloading.begin(fixture, { files: {}, add: { uses: `app/${FILE}` } });
  const named = `app/${FILE}`;
  await reloading.becomes("v2", named, () => fixture.folder.write("real/impl.ts", executorSource("v2")));
  await reloading.becomes(
    "v3",
    named,
    () => fixture.folder.writeAtomic("real/impl.ts", executorSource("v3")),
  );
  await reloading.becomes(
    "v4",
    named,
    () => fixture.folder.writeLikeVim("real/impl.ts", executorSource("v4")),
  );
  assertEquals(reloading.traffic.texts, ["v1", "v2", "v3", "v4"]);
  await fixture.assertNothingLost();
});

for (const poll of [false, true]) {
  reloadTest(
    `a file that becomes a symlink and a file again${poll ? ", polled" : ""}: it is watched where it leads`,
    async (fixture) => {
      const { folder } = fixture;
      const help = (text: string) => `export const text = "${text}";\n`;
      const [impl, named] = ["app/help.ts", `app/${FILE}`];
      // As `ln -sf` does. Deno 2.9 drops events of what leads out of the folder by the time it looks: a removal too,
      // when the link stands there in the same millisecond.
      const link = async () => {
        await Deno.symlink("../elsewhere/help.ts", folder.at("app/next"));
        await Deno.rename(folder.at("app/next"), folder.at(impl));
      };
      await folder.write("elsewhere/help.ts", help("the same"));
      await folder.write(impl, help("plain"));
      await folder.write(
        named,
        executorSource("v1").replace('"v1"', "text") + 'import { text } from "./help.ts";\n',
      );
      const reloading = await Reloading.begin(fixture, { files: {}, add: { uses: named }, flow: { poll } });
      await reloading.becomes("the same", impl, link);
      await reloading.becomes("edited", impl, () => folder.write("elsewhere/help.ts", help("edited")));
      await reloading.becomes("again", impl, () => folder.writeAtomic("elsewhere/help.ts", help("again")));
      const unlink = async (text: string) => {
        await Deno.remove(folder.at(impl));
        await folder.write(impl, help(text));
      };
      await reloading.becomes("own", impl, () => unlink("own"));
      // What is in it does not change, where it is does.
      await folder.write("elsewhere/help.ts", help("own"));
      await link();
      await reloading.becomes("last", impl, () => folder.write("elsewhere/help.ts", help("last")));
      await reloading.becomes("end", impl, () => unlink("end"));
      assertEquals(reloading.traffic.texts, ["plain", "the same", "edited", "again", "own", "last", "end"]);
      await fixture.assertNothingLost();
    },
  );
}

for (const manner of ["replaced at once", "removed and made anew"] as const) {
  reloadTest(
    `a symlink retargeted, ${manner}: the new target serves, and its saves are seen`,
    async (fixture) => {
      const { folder } = fixture;
      const retarget = async (target: string) => {
        if (manner === "replaced at once") {
          await Deno.symlink(folder.at(target), folder.at("next"));
          await Deno.rename(folder.at("next"), folder.at("link"));
        } else {
          await Deno.remove(folder.at("link"));
          await Deno.symlink(folder.at(target), folder.at("link"));
        }
      };
      await folder.write(`one/${FILE}`, executorSource("one"));
      await folder.write(`two/${FILE}`, executorSource("two"));
      await folder.write(`copy/${FILE}`, executorSource("two, edited"));
      await Deno.symlink(folder.at("one"), folder.at("link"));
      const reloading = await Reloading.begin(fixture, { files: {}, add: { uses: `link/${FILE}` } });
      const named = `link/${FILE}`;
      await reloading.becomes("two", named, () => retarget("two"));
      await reloading.becomes(
        "two, edited",
        named,
        () => folder.write(`two/${FILE}`, executorSource("two, edited")),
      );
      // The same content elsewhere is no reload of its own; but from now on, that is the place to watch.
      await retarget("copy");
      await reloading.becomes("copy", named, () => folder.write(`copy/${FILE}`, executorSource("copy")));
      await reloading.becomes("copy 2", named, () => folder.write(`copy/${FILE}`, executorSource("copy 2")));
      assertEquals(reloading.reloads, 4);
      await reloading.becomes("one", named, () => retarget("one"));
      await reloading.becomes(
        "one, edited",
        named,
        () => folder.write(`one/${FILE}`, executorSource("one, edited")),
      );
      assertEquals(reloading.traffic.texts, [
        "one",
        "two",
        "two, edited",
        "copy",
        "copy 2",
        "one, edited",
      ]);
      await fixture.assertNothingLost();
    },
  );
}

reloadTest(
  "a symlinked source folder: a file that was missing is made, one deleted comes back",
  async (fixture) => {
    const { folder, log } = fixture;
    await folder.write(`real/${FILE}`, executorSource("v1"));
    await Deno.symlink(folder.at("real"), folder.at("link"));
    const reloading = await Reloading.begin(fixture, { files: {}, add: { uses: `link/${FILE}` } });
    const importing = `import { text } from "./new.ts";\n${executorSource("").replace('""', "text")}`;
    let mark = log.mark;
    await folder.write(`real/${FILE}`, importing);
    await log.waitFor(/could not load the new version; version 1 keeps serving/, mark);
    await Promise.all([
      reloading.traffic.text("v2"),
      folder.write("real/new.ts", 'export const text = "v2";\n'),
    ]);
    await reloading.only("v2");
    mark = log.mark;
    await Deno.remove(folder.at("real/new.ts"));
    await log.waitFor(/could not load the new version; version \d keeps serving/, mark);
    await Promise.all([
      reloading.traffic.text("v3"),
      folder.write("real/new.ts", 'export const text = "v3";\n'),
    ]);
    await reloading.only("v3");
    mark = log.mark;
    await Deno.remove(folder.at(`real/${FILE}`));
    await log.waitFor(/could not load the new version; version \d keeps serving/, mark);
    await Promise.all([reloading.traffic.text("v4"), folder.write(`real/${FILE}`, executorSource("v4"))]);
    assertEquals(reloading.traffic.texts, ["v1", "v2", "v3", "v4"]);
    await fixture.assertNothingLost();
  },
);

for (const poll of [false, true]) {
  reloadTest(
    `a link behind a link is pointed elsewhere${poll ? ", polled" : ""}: source, YAML and helper follow`,
    async (fixture) => {
      const { folder } = fixture;
      const help = (text: string) => `export const text = "${text}";\n`;
      const source = (text: string) =>
        `import { text } from "./help.ts";\n${executorSource("").replace('""', `"${text} " + text`)}`;
      for (const text of ["r1", "r2"]) {
        await folder.write(`rel/${text}/${FILE}`, source(text));
        await folder.write(`rel/${text}/help.ts`, help(text));
      }
      await folder.write("app/keep.txt", "");
      await Deno.symlink("r1", folder.at("rel/cur"));
      for (const name of [FILE, "help.ts"]) {
        await Deno.symlink(`../rel/cur/${name}`, folder.at(`app/${name}`));
      }
      const point = async (target: string) => {
        await Deno.symlink(target, folder.at("rel/next"));
        await Deno.rename(folder.at("rel/next"), folder.at("rel/cur"));
      };
      await fixture.serve({ uses: `app/${FILE}`, reload: true }, { poll });
      const traffic = await fixture.traffic();
      assertEquals((await fixture.ask()).text, "r1 r1");
      await point("r2");
      await traffic.text("r2 r2");
      await folder.write("rel/r2/help.ts", help("edited"));
      await traffic.text("r2 edited");
      await point("r1");
      await traffic.text("r1 r1");
      await folder.write(`rel/r1/${FILE}`, source("last"));
      await traffic.text("last r1");
      assertEquals(fixture.log.count(/ERROR/), 0);
      await fixture.assertNothingLost();
    },
  );
}

/** Runs a command line, as a person does in a terminal. */
async function shell(cwd: string, line: string): Promise<void> {
  const { success, stderr } = await new Deno.Command("sh", { args: ["-c", line], cwd }).output();
  if (!success) throw new Error(`${line}: ${new TextDecoder().decode(stderr)}`);
}

const text = (value: string) => `export const text = ${JSON.stringify(value)};\n`;
/** An Executor that answers with the text of another module. */
const importing = (from: string) =>
  `import { text } from ${JSON.stringify(from)};\n${
    executorSource("").replace('doc.text = ""', "doc.text = text")
  }`;

/** Commands that point a link elsewhere and back, and the text that is answered then. */
const FOLDERS: readonly (readonly [command: string, text: string])[] = [
  ["rm app/shared; ln -s ../two app/shared", "two"],
  ["ln -sfn ../one app/shared", "one"],
  ["rm app/shared && ln -s $PWD/two app/shared", "two"],
  ["rm app/shared; mkdir app/shared; echo 'export const text = \"own\";' > app/shared/text.ts", "own"],
  ["rm -r app/shared; ln -s ../one app/shared", "one"],
  ["ln -s ../two app/next; mv -T app/next app/shared", "two"],
  ["rm app/shared; cp -r one app/shared", "one"],
  ["mv app/shared app/aside; ln -s ../two app/shared", "two"],
];
const FILES: readonly (readonly [command: string, text: string])[] = [
  ["rm app/text.ts; ln -s ../two/text.ts app/text.ts", "two"],
  ["ln -sf ../one/text.ts app/text.ts", "one"],
  ["rm app/text.ts; cp two/text.ts app/text.ts", "two"],
  ["rm app/text.ts; ln -s ../one/text.ts app/text.ts", "one"],
  ["cp two/text.ts app/next.ts; mv app/next.ts app/text.ts", "two"],
  ["ln -s ../one/text.ts app/next; mv app/next app/text.ts", "one"],
];

for (const poll of [false, true]) {
  const named = (name: string) => `${name}${poll ? ", polled" : ""}`;
  for (
    const [what, from, link, commands] of [
      ["folder in the Executor's", "./shared/text.ts", "app/shared", FOLDERS],
      ["file in the Executor's folder", "./text.ts", "app/text.ts", FILES],
      [
        "folder beside the Executor's",
        "../shared/text.ts",
        "shared",
        FOLDERS.map(([line, text]) => [line.replaceAll("app/", "").replaceAll("../", "./"), text] as const),
      ],
    ] as const
  ) {
    reloadTest(
      named(`a link to a ${what}, pointed elsewhere in a shell: what it leads to serves`),
      async (fixture) => {
        const { folder } = fixture;
        await folder.write(`app/${FILE}`, importing(from));
        for (const name of ["one", "two"]) await folder.write(`${name}/text.ts`, text(name));
        await Deno.symlink(what.startsWith("file") ? "../one/text.ts" : folder.at("one"), folder.at(link));
        const reloading = await Reloading.begin(fixture, {
          files: {},
          add: { uses: `app/${FILE}` },
          flow: { poll },
        });
        for (const [line, expected] of commands) {
          await Promise.all([reloading.traffic.text(expected), shell(folder.path, line)]).catch((cause) => {
            throw new Error(`${line}\n${fixture.log.lines.join("\n")}`, { cause });
          });
          await reloading.only(expected);
          // Where it leads by now is what is watched.
          const real = await Deno.realPath(folder.at(what.startsWith("file") ? link : `${link}/text.ts`));
          const own = real.slice(folder.path.length + 1);
          await reloading.traffic.round();
          await Promise.all([
            reloading.traffic.text(`${expected}!`),
            folder.write(own, text(`${expected}!`)),
          ]);
          await Promise.all([reloading.traffic.text(expected), folder.write(own, text(expected))]);
        }
      },
    );
  }

  reloadTest(
    named("a link that leads nowhere: what it leads to serves once it is there"),
    async (fixture) => {
      const { folder, log } = fixture;
      await folder.write(`app/${FILE}`, importing("./text.ts"));
      await folder.write("one/text.ts", text("one"));
      await Deno.symlink("../one/text.ts", folder.at("app/text.ts"));
      const reloading = await Reloading.begin(fixture, {
        files: {},
        add: { uses: `app/${FILE}` },
        flow: { poll },
      });
      const fails = async (line: string) => {
        const mark = log.mark;
        await shell(folder.path, line);
        await log.waitFor(/ERROR .* could not load the new version/, mark);
      };
      const serves = (expected: string, act: () => Promise<unknown>) =>
        Promise.all([reloading.traffic.text(expected), act()]);
      await fails("rm app/text.ts; ln -s ../three/text.ts app/text.ts");
      await serves("three", () => folder.write("three/text.ts", text("three")));
      await fails("rm three/text.ts");
      await serves("four", () => folder.write("three/text.ts", text("four")));
      await fails("rm app/text.ts");
      await serves("one", () => shell(folder.path, "ln -s ../one/text.ts app/text.ts"));
      await fixture.assertNothingLost();
    },
  );
}
