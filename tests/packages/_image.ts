/** An exported image, made on this machine: the instructions of its Dockerfile are run in a folder. */
import { assertEquals } from "@std/assert";
import { copy } from "@std/fs/copy";
import { TempFolder } from "../support/temp_folder.ts";
import { run } from "./_installed.ts";

/** A folder with what the image has in `/app`, and the command that its services begin with. */
export class Image implements AsyncDisposable {
  private constructor(readonly folder: TempFolder, readonly env: Readonly<Record<string, string>>) {}

  get app(): string {
    return this.folder.at("app");
  }

  get hotflow(): readonly string[] {
    return ["sh", this.folder.at("bin/hotflow")];
  }

  /** Runs the instructions of `compose/Dockerfile` in a project's folder, with another registry in place of JSR's. */
  static async build(project: TempFolder, registry: string): Promise<Image> {
    const folder = await TempFolder.make();
    await Deno.mkdir(folder.at("app"));
    await Deno.mkdir(folder.at("bin"));
    await Deno.symlink(Deno.execPath(), folder.at("bin/deno"));
    const path = `${folder.at("bin")}:${Deno.env.get("PATH")}`;
    const env: Record<string, string> = { PATH: path, JSR_URL: registry };
    const text = await Deno.readTextFile(project.at("compose/Dockerfile"));
    const instructions = text.replaceAll("https://jsr.io/", registry).replaceAll(
      "/deno-dir",
      folder.at("deno"),
    )
      .matchAll(/^([A-Z]+) (.*<<'EOF' (\S+)\n([\s\S]*?)\nEOF$|(?:.*\\\n)*.*$)/gm);
    for (const [line, name, rest, file, content] of instructions) {
      if (name === "ENV") {
        for (const pair of rest.split(" ")) env[pair.split("=")[0]] = pair.split("=")[1];
      } else if (file !== undefined) await folder.write(file.replace("/usr/local/", ""), content);
      else if (name === "COPY") await copyTo(folder.at("app"), project.path, rest.split(" ").slice(0, -1));
      else if (name === "RUN") {
        const { code, stderr } = await run(["sh", "-c", rest], folder.at("app"), env);
        assertEquals(code, 0, `${line}\n${stderr}`);
      }
    }
    return new Image(folder, env);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.folder[Symbol.asyncDispose]();
  }
}

/** Copies files by names, of which `deno.loc[k]` need not be there, without what the image's list of ignored files names. */
async function copyTo(app: string, project: string, patterns: readonly string[]): Promise<void> {
  const names = [...Deno.readDirSync(project)].map(({ name }) => name);
  const copied = names.filter((name) => !name.startsWith(".") && !["compose", "node_modules"].includes(name));
  for (const pattern of patterns) {
    const matching = pattern === "."
      ? copied
      : copied.filter((name) => name === pattern.replace(/\[(.)\]/, "$1"));
    for (const name of matching) await copy(`${project}/${name}`, `${app}/${name}`, { overwrite: true });
  }
}
