/** Which files belong to a deployment, by options and imports; the folders of these tests do not exist. */
import { assertEquals } from "@std/assert";
import { PathRules, type WatchedFilesOptions } from "../../src/reload/_path_rules.ts";
import { WatchedFiles } from "../../src/reload/watched_files.ts";
import { FakeDisk, FOLDER as APP } from "./_fakes.ts";

const at = (name: string) => `${APP}/${name}`;

/** The options of an Executor in `main.ts`. */
function optionsWith(options: Partial<WatchedFilesOptions> = {}): WatchedFilesOptions {
  return {
    module: at("main.ts"),
    extra: [],
    sources: true,
    except: [],
    ignore: [],
    watch: [],
    ...options,
  };
}

Deno.test("PathRules.isInTree() accepts what is below the module's folder, without hidden and excepted folders", () => {
  const rules = new PathRules(optionsWith({ except: [at("workspace")] }));
  const paths = ["a.ts", "deep/a.ts", ".git/a.ts", "node_modules/a.ts", "workspace/a.ts"].map(at);
  assertEquals(paths.map((path) => rules.isInTree(path)), [true, true, false, false, false]);
  assertEquals([rules.isInTree("/no/such/b.ts"), rules.root], [false, APP]);
});

Deno.test("PathRules enters folders and includes files by `ignore` and `watch`", () => {
  const rules = new PathRules(
    optionsWith({ ignore: ["gen/", "*.gen.ts"], watch: ["*.txt", "../shared/*.md"] }),
  );
  assertEquals(["lib", "gen", ".git"].map((name) => rules.enters(at(name))), [true, false, false]);
  assertEquals(["a.ts", "a.gen.ts", "a.txt", "a.md", "a_test.ts"].map((name) => rules.includes(at(name))), [
    true,
    false,
    true,
    false,
    false,
  ]);
  assertEquals([rules.includes("/no/such/shared/a.md"), rules.outside], [true, ["/no/such/shared"]]);
  assertEquals([rules.reaches("/no/such"), rules.reaches("/no/other")], [true, false]);
});

Deno.test("PathRules.isNamed() covers the module, extra files and the YAML, to which `ignore` does not apply", () => {
  const rules = new PathRules(
    optionsWith({ extra: ["/no/such/extra.ts"], yaml: at("e.yml"), ignore: ["*"] }),
  );
  const paths = [at("main.ts"), "/no/such/extra.ts", at("e.yml"), at("lib.ts")];
  assertEquals(paths.map((path) => rules.isNamed(path)), [true, true, true, false]);
  assertEquals([rules.patternOf(at("gen/a.ts")), rules.patternOf("/no/such/extra.ts")], [
    "gen/a.ts",
    "../extra.ts",
  ]);
});

Deno.test("PathRules.isProcessFile() accepts project files in the tree and in the folders above", () => {
  const rules = new PathRules(optionsWith());
  const paths = [
    at("deno.json"),
    at("lib/package.json"),
    "/no/such/deno.json",
    "/no/other/deno.json",
    at("a.json"),
  ];
  assertEquals(paths.map((path) => rules.isProcessFile(path)), [true, true, true, false, false]);
});

Deno.test("WatchedFiles.classify() says what a change of a file causes", () => {
  const files = new WatchedFiles(optionsWith({ yaml: at("e.yml"), ignore: ["*.gen.ts"], watch: ["*.txt"] }));
  const kinds = {
    "e.yml": "yaml",
    "main.ts": "source",
    "lib.ts": "source",
    "a.txt": "source",
    "deno.json": "process",
  };
  for (const [name, kind] of Object.entries(kinds)) assertEquals(files.classify(at(name)), kind, name);
  for (const name of ["a.gen.ts", "a.md", "a_test.ts", ".git/a.ts"]) {
    assertEquals(files.classify(at(name)), undefined, name);
  }
  const yamlOnly = new WatchedFiles(optionsWith({ yaml: at("e.yml"), sources: false }));
  assertEquals([yamlOnly.classify(at("e.yml")), yamlOnly.classify(at("main.ts"))], ["yaml", undefined]);
});

Deno.test("WatchedFiles.recordImports() adds files outside of the folder, and those of other deployments leave", async () => {
  const other = at("other.ts");
  const files = new WatchedFiles(optionsWith(), (path) => path === other);
  await files.refresh();
  assertEquals([files.classify("/no/such/lib.ts"), files.classify(other)], [undefined, "source"]);
  await files.recordImports([["/no/such/lib.ts", "1"]], false, true);
  assertEquals([files.classify("/no/such/lib.ts"), files.classify(other)], ["source", undefined]);
  assertEquals([files.owns("/no/such/lib.ts"), files.needsRefresh], [true, true]);
  // Any file may fix a load that failed.
  await files.recordImports([["/no/such/b.ts", "1"]], true, false);
  assertEquals(
    ["/no/such/lib.ts", "/no/such/b.ts", other].map((path) => files.classify(path)),
    Array(3).fill("source"),
  );
  await files.recordImports([], false, true);
  assertEquals(files.owns("/no/such/lib.ts"), false);
});

Deno.test("WatchedFiles.refresh() remembers named and imported files, and watches their folders", async () => {
  const disk = new FakeDisk();
  const files = new WatchedFiles(optionsWith({ ignore: ["*.gen.ts"] }), undefined, disk);
  await files.recordImports([["/no/lib/lib.ts", "1"], ["/no/lib/a.gen.ts", "1"]], false, true);
  assertEquals(await files.refresh(), []);
  assertEquals([[...files.folders].sort(), disk.reads], [
    ["/no/lib", "/no/such", APP],
    [at("main.ts"), "/no/lib/lib.ts"],
  ]);
  assertEquals(files.watched, [`${APP}/`, "/no/lib/lib.ts", "/no/lib/a.gen.ts"]);
});

Deno.test("WatchedFiles.setOptions() requires a refresh only when the options differ", async () => {
  const files = new WatchedFiles(optionsWith());
  await files.refresh();
  assertEquals([files.setOptions(optionsWith()), files.needsRefresh], [false, false]);
  assertEquals([files.setOptions(optionsWith({ extra: ["/no/lib/a.ts"] })), files.needsRefresh], [
    true,
    true,
  ]);
  assertEquals(files.classify("/no/lib/a.ts"), "source");
});

Deno.test("WatchedFiles.filesAffectedBy() returns the file itself, or the known files below a folder that is gone", async () => {
  const files = new WatchedFiles(optionsWith(), undefined, new FakeDisk());
  await files.recordImports([[at("sub/a.ts"), "1"], [at("sub/deep/b.ts"), "1"]], false, true);
  await files.refresh();
  assertEquals(await files.filesAffectedBy(at("lib.ts")), [at("lib.ts")]);
  assertEquals(await files.filesAffectedBy(at("sub")), [at("sub/a.ts"), at("sub/deep/b.ts")]);
  assertEquals(await files.filesAffectedBy("/no/other/a.ts"), []);
});
