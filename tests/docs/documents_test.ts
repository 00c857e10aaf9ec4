/** The files, names and links of the documents exist, and the documents stay short. */
import { assert, assertEquals, assertMatch, assertRejects } from "@std/assert";
import { exists } from "@std/fs/exists";
import { walk } from "@std/fs/walk";
import { join, normalize } from "node:path/posix";
import DOMPurify from "dompurify";
import mermaid from "mermaid";
import { ROOMS } from "../../tools/check_rooms.ts";
import { TempFolder } from "../support/temp_folder.ts";
import {
  CHECKOUT,
  codeOf,
  codesIn,
  codesOf,
  DOCUMENTS,
  filesOf,
  partsOf,
  readDocument,
  tableRows,
} from "./_markdown.ts";
import { runToEnd } from "./_running.ts";

/** Named in the documents, but made by running the project or by its user. */
const MADE = [
  ".jsr-mirror/",
  ".runtimes/",
  ".python-clients/",
  ".hotflow/",
  "package.json",
  "npm/",
  "prompts/",
  "openapi.json",
];

/** The most bytes that a document may have. */
const MAX_BYTES = { "README.md": 9_000, "ARCHITECTURE.md": 12_000 };

/** Documents about the inside: each class and function that they name exists. */
const INSIDE = DOCUMENTS.filter((name) =>
  /^(?:ARCHITECTURE|docs\/(?:lifecycle|walkthrough|extending|decisions\/.*))\.md$/.test(name)
);

for (const name of DOCUMENTS) {
  Deno.test(`${name}: its links lead somewhere`, async () => {
    const text = await readDocument(name);
    const links = [...text.matchAll(/\]\(([^)\s]+)\)/g)].map(([, target]) => target);
    for (const link of links.filter((target) => !/^[a-z]+:/.test(target))) {
      const [path, anchor] = link.split("#");
      const target = path === "" ? name : normalize(join(name, "..", path));
      assert(await exists(`${CHECKOUT}/${target}`), `${name} links to ${link}`);
      if (anchor !== undefined) {
        assert((await anchorsOf(target)).includes(anchor), `${name} links to ${link}`);
      }
    }
  });

  Deno.test(`${name}: the files it names are there`, async () => {
    const made = [...MADE, ...await shownFiles()];
    const missing: string[] = [];
    for (const path of new Set(codesOf(await readDocument(name)).filter(isPath))) {
      const there = await Promise.all(["", "src/"].map((folder) => exists(`${CHECKOUT}/${folder}${path}`)));
      if (!made.includes(path) && !there.includes(true)) missing.push(path);
    }
    assertEquals(missing, []);
  });
}

Deno.test("The documents are no longer than they may be", async () => {
  for (const [name, most] of Object.entries(MAX_BYTES)) {
    const { size } = await Deno.stat(`${CHECKOUT}/${name}`);
    assert(size < most, `${name} has ${size} bytes, more than ${most}`);
  }
});

Deno.test("The documents: the classes and functions of the inside that they name exist", async () => {
  let source = "";
  for await (const { path } of walk(`${CHECKOUT}/src`, { exts: [".ts"] })) {
    source += await Deno.readTextFile(path);
  }
  const unknown: string[] = [];
  for (const name of INSIDE) {
    for (const code of codesOf(await readDocument(name))) {
      const [, identifier] = /^((?:[A-Z][a-z]|[a-z]+[A-Z])\w*)(?:\.\w+)?(?:\(\))?$/.exec(code) ?? [];
      if (identifier !== undefined && !new RegExp(`\\b${identifier}\\b`).test(source)) {
        unknown.push(`${name}: ${code}`);
      }
    }
  }
  assertEquals(unknown, []);
});

Deno.test("The documents: their diagrams are Mermaid", async () => {
  // Mermaid cleans texts for a page; without one, DOMPurify has no such functions.
  Object.assign(DOMPurify, { addHook() {}, sanitize: (text: string) => text });
  const diagrams = (await Promise.all(DOCUMENTS.map(readDocument))).flatMap(codeOf)
    .filter(({ lang }) => lang === "mermaid");
  assertEquals(diagrams.length, 4);
  for (const { text } of diagrams) assert(await mermaid.parse(text));
  await assertRejects(() => mermaid.parse("flowchart LR\n  a --> graph[\n"));
});

Deno.test("ARCHITECTURE.md: its rooms are those of tools/check_rooms.ts", async () => {
  const rows = tableRows(await readDocument("ARCHITECTURE.md"), "room");
  assertEquals(rows.map(([room]) => codesIn(room)[0]), Object.keys(ROOMS));
});

Deno.test("ARCHITECTURE.md: the exceptions to the rooms are those in the tool", async () => {
  const tool = await readDocument("tools/check_rooms.ts");
  const exceptions = /EXCEPTIONS = \[([^\]]*)\]/.exec(tool)?.[1] ?? "";
  const expected = ["worker/entry.ts -> ../mod.ts", "grpc/info.ts -> ../deno.json"];
  expected.push("live/process_info.ts -> ../deno.json");
  assertEquals(Array.from(exceptions.matchAll(/"([^"]+)"/g), ([, text]) => text), expected);
});

Deno.test("docs/errors.md: its codes are those of src/errors", async () => {
  const types = await readDocument("src/errors/codes.ts") + await readDocument("src/errors/load_error.ts");
  const codes = new Set(Array.from(types.matchAll(/^ {2}\| "([A-Z_]+)"/gm), ([, code]) => code));
  const rows = tableRows(await readDocument("docs/errors.md"), "code");
  assertEquals(rows.map(([code]) => codesIn(code)[0]).sort(), [...codes].sort());
});

Deno.test("CONTRIBUTING.md: its commands are the tasks of deno.json", async () => {
  const rows = tableRows(await readDocument("CONTRIBUTING.md"), "command");
  const { tasks } = JSON.parse(await readDocument("deno.json"));
  const named = rows.map(([command]) => codesIn(command)[0].split(" ")[2]);
  assertEquals(named.sort(), Object.keys(tasks).sort());
});

Deno.test("tests/README.md: its probe passes as it stands", async () => {
  const [code] = codeOf(await readDocument("tests/README.md")).filter(({ text }) =>
    text.includes("probe(1,")
  );
  await using folder = await TempFolder.make();
  await folder.write("probe_test.ts", code.text.replaceAll("../support/", `${CHECKOUT}/tests/support/`));
  const command = `deno test -A --no-check --config ${CHECKOUT}/deno.json probe_test.ts`;
  const { code: exit, stdout } = await runToEnd(command, { cwd: folder.path });
  assertEquals(exit, 0, stdout);
  assertMatch(stdout, /2 passed/);
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

/** The files that the documents show. */
async function shownFiles(): Promise<string[]> {
  const texts = await Promise.all(DOCUMENTS.map(readDocument));
  return texts.flatMap((text) => [...filesOf(partsOf(text)).keys()]);
}

/** The anchors of a document's headings, as GitHub makes them. */
async function anchorsOf(name: string): Promise<string[]> {
  const headings = (await readDocument(name)).matchAll(/^#+ (.*)$/gm);
  return Array.from(headings, ([, text]) => text.toLowerCase().replace(/[^\w\- ]/g, "").replaceAll(" ", "-"));
}
