/** What the documents name is there. */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { exists } from "@std/fs/exists";
import { ROOMS } from "../../tools/check_rooms.ts";
import { TempFolder } from "../support/temp_folder.ts";
import { CHECKOUT, codesIn, DOCUMENTS, filesOf, partsOf, readDocument, tableRows } from "./_markdown.ts";
import { runToEnd } from "./_running.ts";

/** Named in the documents, but made by running the project or by its user. */
const MADE = [".jsr-mirror/", ".runtimes/", ".python-clients/", ".hotflow/", "package.json", "npm/"];

/** How long each document may be. */
const MOST_LINES = { "README.md": 460, "ARCHITECTURE.md": 400, "CONTRIBUTING.md": 140 };

for (const name of DOCUMENTS) {
  Deno.test(`${name}: its links lead somewhere`, async () => {
    const text = await readDocument(name);
    const links = [...text.matchAll(/\]\(([^)\s]+)\)/g)].map(([, target]) => target);
    for (const link of links.filter((target) => !/^[a-z]+:/.test(target))) {
      const [path, anchor] = link.split("#");
      assert(path === "" || await exists(`${CHECKOUT}/${path}`), `${name} links to ${link}`);
      if (anchor !== undefined) assert((await anchorsOf(path || name)).includes(anchor), link);
    }
  });

  Deno.test(`${name}: the files it names are there`, async () => {
    const made = [...MADE, ...await filesOfReadme()];
    const named = partsOf(await readDocument(name)).flatMap((part) =>
      part.kind === "prose" ? codesIn(part.text).filter(isPath) : []
    );
    const missing: string[] = [];
    for (const path of new Set(named)) {
      // The table of rooms leaves out the folder that they are in.
      const places = [`${CHECKOUT}/${path}`, `${CHECKOUT}/src/${path}`];
      const there = await Promise.all(places.map((place) => exists(place)));
      if (!made.includes(path) && !there.includes(true)) missing.push(path);
    }
    assertEquals(missing, []);
  });
}

Deno.test("The documents are no longer than they may be", async () => {
  for (const [name, most] of Object.entries(MOST_LINES)) {
    const lines = (await readDocument(name)).split("\n").length - 1;
    assert(lines < most, `${name} has ${lines} lines, ${most} are too many`);
  }
});

Deno.test("ARCHITECTURE.md: its rooms are those of tools/check_rooms.ts", async () => {
  const rows = tableRows(await readDocument("ARCHITECTURE.md"), "room");
  assertEquals(rows.map(([room]) => codesIn(room)[0]), Object.keys(ROOMS));
  for (const [room, , imports] of rows) {
    assertEquals(codesIn(imports).sort(), [...ROOMS[codesIn(room)[0]]].sort(), room);
  }
});

Deno.test("ARCHITECTURE.md: the exception to the rooms is the one in the tool", async () => {
  const tool = await readDocument("tools/check_rooms.ts");
  const exceptions = /EXCEPTIONS = \[([^\]]*)\]/.exec(tool)?.[1] ?? "";
  assertEquals(exceptions, '"worker/entry.ts -> ../mod.ts"');
});

Deno.test("CONTRIBUTING.md: its commands are the tasks of deno.json", async () => {
  const rows = tableRows(await readDocument("CONTRIBUTING.md"), "command");
  const { tasks } = JSON.parse(await readDocument("deno.json"));
  const named = rows.map(([command]) => codesIn(command)[0].split(" ")[2]);
  assertEquals(named.sort(), Object.keys(tasks).sort());
});

Deno.test("CONTRIBUTING.md: its probe passes as it stands", async () => {
  const [code] = partsOf(await readDocument("CONTRIBUTING.md")).filter(({ text }) =>
    text.includes("probe(1,")
  );
  await using folder = await TempFolder.make();
  await folder.write("probe_test.ts", code.text.replaceAll("../support/", `${CHECKOUT}/tests/support/`));
  const command = `deno test -A --no-check --config ${CHECKOUT}/deno.json probe_test.ts`;
  const { code: exit, stdout } = await runToEnd(command, { cwd: folder.path });
  assertEquals(exit, 0, stdout);
  assertMatch(stdout, /1 passed/);
});

Deno.test("CHANGELOG.md: it has the version of deno.json", async () => {
  const { version } = JSON.parse(await readDocument("deno.json"));
  const [, heading] = /^## (.*)$/m.exec(await readDocument("CHANGELOG.md")) ?? [];
  assert(heading?.includes(version), `"${heading}" does not name ${version}`);
});

Deno.test("The documents name one version of Deno, that of .ci/run", async () => {
  const versions = new Set<string>();
  for (const name of [...DOCUMENTS, ".ci/run"]) {
    for (const [version] of (await readDocument(name)).matchAll(/deno@\d[\w.-]*/g)) versions.add(version);
  }
  assertEquals(versions.size, 1, [...versions].join(", "));
});

/** Whether a piece of code is the path of a file or folder. */
function isPath(code: string): boolean {
  return /^(?:[\w.-]+\/)+$|^(?:[\w.-]+\/)*[\w.-]+\.(?:ts|js|md|json|yml)$/.test(code) ||
    /^(?:src|tests|tools|bench|examples|\.ci)\/[\w./-]+$/.test(code);
}

/** The files that the README has its reader write. */
async function filesOfReadme(): Promise<string[]> {
  const parts = partsOf(await readDocument("README.md"));
  const held = parts.flatMap(({ text }) => [...text.matchAll(/`([\w.]+)` holds `/g)].map(([, name]) => name));
  return [...filesOf(parts).keys(), ...held];
}

/** The anchors of a document's headings, as GitHub makes them. */
async function anchorsOf(name: string): Promise<string[]> {
  const headings = (await readDocument(name)).matchAll(/^#+ (.*)$/gm);
  return Array.from(headings, ([, text]) => text.toLowerCase().replace(/[^\w\- ]/g, "").replaceAll(" ", "-"));
}
