import { dirname } from "node:path";
import { onSignal } from "./cleanup.ts";
import type { ServerKind } from "./servers.ts";

const SOURCES = new URL("../src/", import.meta.url).href;

/** A server's own folder: `app/` with its files, and `next/` for what will replace them. */
export class ServerFolder implements AsyncDisposable {
  /** The file to run. */
  readonly entry: string;
  readonly app: string;
  readonly next: string;
  readonly #root: string;
  readonly #forget: () => void;

  private constructor(root: string, entry: string) {
    this.#root = root;
    this.app = `${root}/app`;
    this.next = `${root}/next`;
    this.entry = `${this.app}/${entry}`;
    this.#forget = onSignal(() => Deno.removeSync(root, { recursive: true }));
  }

  static async make(kind: ServerKind): Promise<ServerFolder> {
    // Its real path: on macOS the temporary folder is a link.
    const root = await Deno.realPath(await Deno.makeTempDir({ dir: kind.inside, prefix: "hotflow-bench-" }));
    const [entry = ""] = kind.files.map(baseName);
    const folder = new ServerFolder(root, entry);
    const own = new URL("../mod.ts", import.meta.url).href;
    const library = JSON.stringify(kind.inside === undefined ? own : "hotflow");
    await Deno.mkdir(folder.next);
    const sources = new Map<string, string>();
    for (const file of kind.files) {
      sources.set(baseName(file), await Deno.readTextFile(new URL(file, import.meta.url)));
    }
    for (const [path, source] of [...sources, ...Object.entries(kind.generated ?? {})]) {
      await Deno.mkdir(dirname(`${folder.app}/${path}`), { recursive: true });
      const text = source.replaceAll('"../../mod.ts"', library).replaceAll('"../../src/', `"${SOURCES}`);
      await Deno.writeTextFile(`${folder.app}/${path}`, text);
    }
    return folder;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Deno.remove(this.#root, { recursive: true }).catch(() => {});
    this.#forget();
  }
}

function baseName(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}
