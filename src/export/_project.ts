/** The project: the folder that is copied into the image. @module */
import { basename, dirname, join, relative } from "../paths.ts";
import { runtime } from "../runtime/mod.ts";
import { escapeRegExp } from "../script/script_text.ts";
import { dnsName, type Project } from "./plan.ts";

/** The files that make a folder a project. */
const MANIFESTS = ["deno.json", "deno.jsonc", "package.json"];
/** Matches what refers to other files of the project, which the packages depend on. */
const REFERS = /"(?:workspaces?|links|patch|importMap)"\s*:|"(?:file|link|portal|workspace):/;

/** Matches the members of a workspace in a manifest. */
const MEMBERS = /"workspaces?"\s*:\s*(?:\{[^[]*)?\[([^\]]*)\]/;

/**
 * The nearest folder above the YAML that has a manifest or is a repository; otherwise the YAML's own. The root of a
 * workspace stands for its members, which may import each other and share its packages.
 */
export async function projectOf(path: string): Promise<string> {
  const folders = [dirname(path)];
  while (dirname(folders[0]) !== folders[0]) folders.unshift(dirname(folders[0]));
  const own =
    folders.findLast((folder) =>
      [...MANIFESTS, ".git"].some((name) => runtime.writtenAt(join(folder, name)) !== undefined)
    ) ?? dirname(path);
  for (const root of folders.slice(0, folders.indexOf(own))) {
    const texts = await Promise.all(MANIFESTS.map((name) => runtime.readText(join(root, name))));
    const inside = relative(root, own).replaceAll("\\", "/");
    if (texts.some((text) => membersOf(text ?? "").some((member) => member.test(inside)))) return root;
  }
  return own;
}

/** Patterns of the folders in a workspace, such as of `packages/*`. */
function membersOf(manifest: string): RegExp[] {
  const [, list = ""] = MEMBERS.exec(manifest) ?? [];
  return [...list.matchAll(/"(?:\.\/)?([^"]+?)\/?"/g)].map(([, member]) =>
    new RegExp(`^${member.split("*").map(escapeRegExp).join("[^/]*")}$`)
  );
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
