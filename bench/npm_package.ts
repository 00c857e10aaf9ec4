import { join } from "node:path";
import { buildNpm } from "../npm-build.ts";
import { npm } from "../tools/runtimes.ts";
import { onSignal } from "./cleanup.ts";

const ROOT = new URL("..", import.meta.url).pathname;

/** The npm package, built, packed and installed in a folder of its own. */
export class NpmPackage implements AsyncDisposable {
  /** The folder that it is installed in: servers below it can import it. */
  readonly app: string;
  /** The size of the packed package. */
  readonly bytes: number;
  readonly #folder: string;
  readonly #forget: () => void;

  private constructor(folder: string, app: string, bytes: number, forget: () => void) {
    this.#folder = folder;
    this.app = app;
    this.bytes = bytes;
    this.#forget = forget;
  }

  /** Installs the package, and other packages beside it. */
  static async install(...others: string[]): Promise<NpmPackage> {
    const folder = await Deno.realPath(await Deno.makeTempDir({ prefix: "hotflow-bench-npm-" }));
    const forget = onSignal(() => Deno.removeSync(folder, { recursive: true }));
    const built = await buildNpm(ROOT, join(folder, "package"));
    await npm(built, ["pack", "--pack-destination", folder]);
    const name = [...Deno.readDirSync(folder)].find(({ name }) => name.endsWith(".tgz"))?.name ?? "";
    const tarball = join(folder, name);
    const app = join(folder, "app");
    await Deno.mkdir(app);
    await Deno.writeTextFile(join(app, "package.json"), '{ "type": "module" }\n');
    await npm(app, ["install", tarball, ...others]);
    return new NpmPackage(folder, app, Deno.statSync(tarball).size, forget);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Deno.remove(this.#folder, { recursive: true });
    this.#forget();
  }
}
