/** The project: the folder that is copied into the image. @module */
import { basename, dirname, join } from "../paths.ts";
import { runtime } from "../runtime/mod.ts";
import { dnsName, type Project } from "./plan.ts";

/** The files that make a folder a project. */
const MANIFESTS = ["deno.json", "deno.jsonc", "package.json"];
/** Matches what refers to other files of the project, which the packages depend on. */
const REFERS = /"(?:workspaces?|links|patch|importMap)"\s*:|"(?:file|link|portal|workspace):/;

/** The nearest folder above the YAML that has a manifest or is a repository; otherwise the YAML's own. */
export function projectOf(path: string): string {
  const own = dirname(path);
  for (let folder = own;; folder = dirname(folder)) {
    if ([...MANIFESTS, ".git"].some((name) => runtime.writtenAt(join(folder, name)) !== undefined)) {
      return folder;
    }
    if (folder === dirname(folder)) return own;
  }
}

/** Reads what a project's files say about its image. */
export async function readProject(root: string): Promise<Project> {
  const read = async (name: string) => [name, await runtime.readText(join(root, name))] as const;
  const all = await Promise.all(MANIFESTS.map(read));
  const manifests = all.flatMap(([name, text]) => text === undefined ? [] : [{ name, text }]);
  const names = manifests.map(({ text }) => /"name"\s*:\s*"(?:@[^"/]*\/)?([^"]+)"/.exec(text)?.[1]);
  const modules = manifests.map(({ text }) => /"nodeModulesDir"\s*:\s*"?(\w+)/.exec(text)?.[1]);
  const [, ignored = ""] = await read(".dockerignore");
  return {
    name: dnsName(names.find((name) => name !== undefined) ?? basename(root)) ?? "flow",
    manifests: manifests.map(({ name }) => name),
    isSelfContained: !manifests.some(({ text }) => REFERS.test(text)),
    hasNodeModules: modules.some((kind) => kind !== undefined && !["none", "false"].includes(kind)),
    ignored: ignored.split(/\r?\n/).filter((line) => line.trim() !== ""),
  };
}
