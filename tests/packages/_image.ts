/** An exported image, made on this machine: the instructions of its Dockerfile are run in a folder. */
import { assertEquals } from "@std/assert";
import { copy } from "@std/fs/copy";
import { answerOf, Cli } from "../cli/_cli.ts";
import { TempFolder } from "../support/temp_folder.ts";
import { run } from "./_installed.ts";

/** What stands in the Dockerfile, and what is there on this machine instead. */
type Replacements = Readonly<Record<string, string>>;

/** A folder with what the image has in `/app`, and the environment of its services. */
export class Image implements AsyncDisposable {
  private constructor(readonly folder: TempFolder, readonly env: Readonly<Record<string, string>>) {}

  get app(): string {
    return this.folder.at("app");
  }

  /**
   * Runs the instructions of `compose/Dockerfile` in a project's folder.
   *
   * @param path The folder of the runtime's program.
   * @param more Environment variables that the image does not have.
   */
  static async build(
    project: TempFolder,
    path: string,
    more: Readonly<Record<string, string>>,
    replacements: Replacements,
  ): Promise<Image> {
    const folder = await TempFolder.make();
    for (const name of ["app", "bin"]) await Deno.mkdir(folder.at(name));
    const env: Record<string, string> = {
      PATH: `${folder.at("bin")}:${path}:${Deno.env.get("PATH")}`,
      ...more,
    };
    const own = { "/app/": `${folder.at("app")}/`, "/deno-dir": folder.at("deno") };
    let text = await Deno.readTextFile(project.at("compose/Dockerfile"));
    for (const [from, to] of Object.entries({ ...replacements, ...own })) text = text.replaceAll(from, to);
    const instructions = text.matchAll(
      /^([A-Z]+) (.*<<'EOF' \/usr\/local\/(\S+)\n([\s\S]*?)\nEOF$|(?:.*\\\n)*.*$)/gm,
    );
    for (const [line, name, rest, file, content] of instructions) {
      if (name === "ENV") {
        for (const [key, value] of rest.split(" ").map((pair) => pair.split("="))) {
          env[key] = value.replace("$PATH", env.PATH);
        }
      } else if (file !== undefined) {
        await Deno.chmod(await folder.write(file, content), 0o755);
      } else if (name === "COPY") {
        await copyTo(folder.at("app"), project.path, rest.split(" ").slice(0, -1));
      } else if (name === "RUN") {
        const { code, stderr } = await run(["sh", "-c", rest], folder.at("app"), env);
        assertEquals(code, 0, `${line}\n${stderr}`);
      }
    }
    return new Image(folder, env);
  }

  /** Starts the services of one Executor's Flow and its gateway with the commands' arguments, and asks. */
  async ask(project: TempFolder, executor: string, text: string): Promise<string> {
    const hotflow = { command: ["sh", "-c", 'exec hotflow "$@"', "sh"], env: this.env };
    const app = { path: this.app } as TempFolder;
    const yaml = async (name: string, change: (text: string) => string) => {
      const given = await Deno.readTextFile(project.at(`compose/${name}.flow.yml`));
      return await this.folder.write(`${name}.yml`, change(given));
    };
    const args = ["--host", "127.0.0.1", "--no-reload", "--json", "--protocol"];
    const own = await yaml(executor, (text) => text.replaceAll("/app/", `${this.app}/`));
    await using service = new Cli(app, ["flow", own, ...args, "grpc", "--port", "0"], hotflow);
    const [, port] = await service.says(/serving at grpc:\/\/127\.0\.0\.1:(\d+)/);
    const flow = await yaml("gateway", (text) => text.replace(`${executor}:54321`, `127.0.0.1:${port}`));
    await using gateway = new Cli(app, ["flow", flow, ...args, "http", "--port", "0"], hotflow);
    return String(await answerOf(await gateway.port(), text));
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
