import type { TarFile } from "./tar.ts";

/** The files of a JSR mirror, by their path in it. */
export type MirrorFiles = Map<string, string>;

interface StdPackage {
  readonly name: string;
  readonly version: string;
  /** By path inside the package, such as `posix/join.js`. */
  readonly files: Map<string, string>;
}

const STD_FILE = /\/@std\/([a-z-]+)\/(\d+\.\d+\.\d+)\/(.+\.(?:js|d\.ts))$/;
const LICENSE = /^\/\/ Copyright .* the Deno authors\. MIT license\.$/m;

/**
 * Turns the compiled copies of `@std/*` inside an npm package into a JSR mirror: for each package
 * `meta.json`, `<version>_meta.json` and the modules.
 */
export async function convertStd(tarFiles: Iterable<TarFile>): Promise<MirrorFiles> {
  const packages = stdPackages(tarFiles);
  const mirror: MirrorFiles = new Map();
  for (const pkg of packages.values()) {
    for (const [path, code] of mirrorPackage(pkg, packages)) pkg.files.set(path, code);
    const folder = `@std/${pkg.name}`;
    for (const [path, code] of pkg.files) mirror.set(`${folder}/${pkg.version}/${path}`, code);
    const meta = { scope: "std", name: pkg.name, latest: pkg.version, versions: { [pkg.version]: {} } };
    mirror.set(`${folder}/meta.json`, JSON.stringify(meta));
    const versionMeta = { manifest: await manifest(pkg.files), exports: exportsOf(pkg.files) };
    mirror.set(`${folder}/${pkg.version}_meta.json`, JSON.stringify(versionMeta));
  }
  return mirror;
}

function stdPackages(tarFiles: Iterable<TarFile>): Map<string, StdPackage> {
  const packages = new Map<string, StdPackage>();
  for (const file of tarFiles) {
    const [, name, version, path] = STD_FILE.exec(file.path) ?? [];
    if (name === undefined || version === undefined || path === undefined) continue;
    const pkg = packages.get(name) ?? { name, version, files: new Map<string, string>() };
    pkg.files.set(path, new TextDecoder().decode(file.bytes));
    packages.set(name, pkg);
  }
  return packages;
}

function mirrorPackage(pkg: StdPackage, packages: ReadonlyMap<string, StdPackage>): Map<string, string> {
  const files = new Map<string, string>();
  for (const [path, code] of pkg.files) {
    const isScript = path.endsWith(".js");
    const plain = jsrImports(withoutShims(code, isScript), packages);
    const types = path.replace(/\.js$/, ".d.ts");
    const typed = isScript && pkg.files.has(types);
    files.set(path, typed ? `/* @ts-self-types="./${baseName(types)}" */\n${plain}` : plain);
  }
  if (!files.has("mod.js")) files.set("mod.js", modOf(pkg));
  return files;
}

/** dnt put an import of its shims for Node into every module that names a global. */
function withoutShims(code: string, isScript: boolean): string {
  return code
    .replace(/^import \* as dntShim from "[^"]*";\n/m, "")
    .replaceAll("dntShim.dntGlobalThis", "globalThis")
    .replaceAll("dntShim.Deno", isScript ? "globalThis.Deno" : "Deno")
    .replace(/^\/\/# sourceMappingURL=.*$/m, "");
}

/** JSR packages reach each other by `jsr:` specifiers; dnt had made them relative paths. */
function jsrImports(code: string, packages: ReadonlyMap<string, StdPackage>): string {
  return code.replace(
    /(\bfrom\s*|\bimport\s*\(?)"(?:\.\.\/)+([a-z-]+)\/(\d+\.\d+\.\d+)\/([^"]+)\.js"/g,
    (whole, before: string, name: string, version: string, path: string) =>
      packages.has(name) ? `${before}"jsr:@std/${name}@^${version}/${exportName(path)}"` : whole,
  );
}

function modOf(pkg: StdPackage): string {
  const license = [...pkg.files.values()].map((code) => LICENSE.exec(code)?.[0]).find(Boolean);
  const modules = [...pkg.files.keys()].filter((path) => isPublic(path) && !path.includes("/"));
  return [license, ...modules.map((path) => `export * from "./${path}";`), ""].join("\n");
}

/** Every public module can be imported by its name; underscores become dashes, as JSR's `@std` has it. */
function exportsOf(files: ReadonlyMap<string, string>): Record<string, string> {
  const exports: Record<string, string> = { ".": "./mod.js" };
  for (const path of files.keys()) {
    if (!isPublic(path)) continue;
    const name = exportName(path.replace(/\.js$/, ""));
    if (name !== "mod") exports[`./${name.replace(/\/mod$/, "")}`] = `./${path}`;
  }
  return exports;
}

function isPublic(path: string): boolean {
  return path.endsWith(".js") && !path.split("/").some((part) => part.startsWith("_"));
}

function exportName(path: string): string {
  return path.replaceAll("_", "-");
}

function baseName(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}

async function manifest(files: ReadonlyMap<string, string>): Promise<Record<string, unknown>> {
  const entries: Record<string, unknown> = {};
  for (const [path, code] of files) {
    const bytes = new TextEncoder().encode(code);
    const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
    entries[`/${path}`] = { size: bytes.length, checksum: `sha256-${hash.toHex()}` };
  }
  return entries;
}
