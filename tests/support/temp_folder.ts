import { dirname, join } from "node:path";
import { portable, target } from "./target.ts";

/** A folder of a test's own, removed at its end: `await using folder = await TempFolder.make()`. */
export class TempFolder implements AsyncDisposable {
  private constructor(readonly path: string) {}

  /** Makes a new one; its real path, since some systems keep temporary files behind a symbolic link. */
  static async make(dir: string | undefined = target.app): Promise<TempFolder> {
    return new TempFolder(await Deno.realPath(await Deno.makeTempDir({ dir, prefix: "hotflow_" })));
  }

  /** The absolute path of something in it. */
  at(name: string): string {
    return join(this.path, name);
  }

  /** Writes in place, as `echo > file` does; makes the folders on the way. */
  async write(name: string, text: string): Promise<string> {
    await Deno.mkdir(dirname(this.at(name)), { recursive: true });
    await Deno.writeTextFile(this.at(name), portable(text));
    return this.at(name);
  }

  /** Writes a temporary file beside it and renames it over the old one, as most editors do. */
  async writeAtomic(name: string, text: string): Promise<void> {
    const temporary = this.at(`${dirname(name)}/.${crypto.randomUUID()}.tmp`);
    await Deno.writeTextFile(temporary, portable(text));
    await Deno.rename(temporary, this.at(name));
  }

  /** Renames the old file to a backup and creates it anew, as vim does. */
  async writeLikeVim(name: string, text: string): Promise<void> {
    await Deno.rename(this.at(name), this.at(`${name}~`));
    await Deno.writeTextFile(this.at(name), portable(text));
    await Deno.remove(this.at(`${name}~`));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Deno.remove(this.path, { recursive: true });
  }
}
