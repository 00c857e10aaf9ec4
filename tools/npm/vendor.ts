/** The parts of @std that the sources use: they are not on npm, so they are bundled, with their licence. */
import { join } from "node:path";
import { runDeno } from "../run_deno.ts";
import { relativeTo } from "./compile.ts";
import type { Project } from "./manifest.ts";

/** Collects the imported parts, then bundles them. */
export class Vendor {
  readonly #files = new Map<string, string>();

  constructor(
    private readonly root: string,
    private readonly target: string,
    private readonly project: Project,
  ) {}

  /** The specifier that replaces that of a package in one of the sources. */
  place(specifier: string, path: string): string {
    if (!specifier.startsWith("@std/")) return specifier;
    const file = `vendor/${specifier.slice("@std/".length).replaceAll("/", "_")}.js`;
    this.#files.set(specifier, file);
    return relativeTo(path, file);
  }

  async bundle(): Promise<void> {
    for (const [specifier, file] of this.#files) {
      const args = [
        "--config",
        join(this.root, "deno.json"),
        "--platform",
        "browser",
        "-o",
        join(this.target, file),
      ];
      const code = await runDeno(["bundle", "--quiet", ...args, this.#resolve(specifier)], {
        cwd: this.root,
      });
      if (code !== 0) throw new Error(`Cannot bundle ${specifier}: deno bundle ended with ${code}`);
    }
    const licence = await Deno.readTextFile(join(this.root, "LICENSE"));
    // Both are under the MIT licence; only the holder differs.
    const terms = licence.replace(/^Copyright .*$/m, "Copyright 2018-2026 the Deno authors");
    const names = [...this.#files.keys()].join(", ");
    await Deno.writeTextFile(
      join(this.target, "vendor", "LICENSE"),
      `For ${names}, bundled here:\n\n${terms}`,
    );
  }

  #resolve(specifier: string): string {
    const [, name = "", rest = ""] = /^(@std\/[^/]+)(.*)$/.exec(specifier) ?? [];
    return `${this.project.imports[name]}${rest}`;
  }
}
