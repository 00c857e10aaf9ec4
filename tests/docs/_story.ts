import { assertEquals } from "@std/assert";
import { TempFolder } from "../support/temp_folder.ts";
import { CHECKOUT, filesOf, type Part, readDocument, sectionsOf } from "./_markdown.ts";
import { Running, runToEnd } from "./_running.ts";

/** What prose tells a reader to do or to see; the groups are in the order of {@linkcode Story.follow}. */
const DIRECTIVE =
  /`([\w.]+)` holds `([^`]+)`|[Rr]un `([\w.]+)` instead of `([\w.]+)`|In `([\w.]+)`, change `([^`]+)` to `([^`]+)`, and save|prints `([^`]+)`/g;

/** What in a log line differs from run to run, and how it looks. */
const VARIABLE: readonly (readonly [RegExp, string])[] = [
  [/^@\d+$/, "@\\d+"],
  [/^\d+\.\d+ ms$/, "\\d+\\.\\d+ ms"],
  [/^\[\d\d\/\d\d\/\d\d \d\d:\d\d:\d\d\]$/, "\\[\\d\\d/\\d\\d/\\d\\d \\d\\d:\\d\\d:\\d\\d\\]"],
];

/** A pattern for a log line as a document shows it: any process id, duration and time will do. */
export function linePattern(line: string): RegExp {
  const parts = line.split(/(@\d+|\d+\.\d+ ms|\[\d\d\/\d\d\/\d\d \d\d:\d\d:\d\d\])/);
  const source = parts.map((part) =>
    VARIABLE.find(([is]) => is.test(part))?.[1] ?? part.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")
  );
  return new RegExp(`^${source.join("")}$`);
}

/** Does what sections of the README say, in a folder of its own and on a port of its own. */
export class Story implements AsyncDisposable {
  readonly #sections: ReadonlyMap<string, readonly Part[]>;
  #flow?: Running;
  #flowCommand = "";
  #clientCommand = "";
  /** The lines of the log before the last edit. */
  #mark = 0;

  private constructor(
    readonly folder: TempFolder,
    readonly port: number,
    sections: ReadonlyMap<string, readonly Part[]>,
  ) {
    this.#sections = sections;
  }

  static async make(): Promise<Story> {
    return new Story(await TempFolder.make(), freePort(), sectionsOf(await readDocument("README.md")));
  }

  /** A section by its heading, its placeholders still in it. */
  section(heading: string): readonly Part[] {
    const parts = this.#sections.get(heading);
    if (parts === undefined) throw new Error(`The README has no section "${heading}"`);
    return parts;
  }

  /** The one way from the README to this machine: its folder, its port, the checkout. */
  adapt(text: string): string {
    const mirror = Deno.env.get("JSR_URL") ?? "";
    // A mirror on disk, which takes the place of JSR, may be outside of the checkout.
    const read = mirror.startsWith("file:") ? `${CHECKOUT},${new URL(mirror).pathname}` : CHECKOUT;
    return text.replaceAll("--allow-read=.,/path/to/hotflow", `--allow-read=.,${read}`)
      .replaceAll("/path/to/hotflow", CHECKOUT)
      .replaceAll("/home/you/hello", this.folder.path)
      .replaceAll("12345", String(this.port));
  }

  /** Writes the files that a section shows. */
  async write(heading: string): Promise<void> {
    for (const [name, text] of filesOf(this.section(heading))) await this.save(name, text);
  }

  /** Writes one file, as somebody who saves it. */
  async save(name: string, text: string): Promise<void> {
    this.#mark = this.#flow?.log.mark ?? 0;
    await this.folder.write(name, this.adapt(text));
  }

  /** Replaces text in a file and saves it; the text has to be there. */
  async edit(name: string, before: string, after: string): Promise<void> {
    const text = await Deno.readTextFile(this.folder.at(name));
    if (!text.includes(before)) throw new Error(`${name} does not hold "${before}"`);
    await this.save(name, text.replace(before, after));
  }

  /** Takes the commands of a section without running them. */
  commands(heading: string): void {
    for (const part of this.section(heading)) {
      if (part.kind !== "code" || part.lang !== "sh") continue;
      const lines = part.text.trim().split("\n");
      this.#flowCommand = lines.find((line) => line.endsWith(" flow.ts")) ?? this.#flowCommand;
      this.#clientCommand = lines.find((line) => line.endsWith(" client.ts")) ?? this.#clientCommand;
    }
  }

  /** Starts the Flow with the command taken last. */
  async start(script = "flow.ts"): Promise<Running> {
    const command = this.adapt(this.#flowCommand).replace("flow.ts", script);
    return this.#flow = await Running.serving(command, { cwd: this.folder.path });
  }

  /** Does what a section says, and checks what it shows. */
  async play(heading: string): Promise<void> {
    await this.write(heading);
    for (const part of this.section(heading)) {
      if (part.kind === "prose") await this.#follow(part.text);
      else if (part.lang === "text") await this.#logs(part.text);
      else if (part.lang === "sh") {
        this.commands(heading);
        await this.start();
      }
    }
  }

  /** Runs the README's client; answers what it prints. */
  async client(): Promise<string> {
    const { code, stdout, stderr } = await runToEnd(this.adapt(this.#clientCommand), {
      cwd: this.folder.path,
    });
    if (code !== 0) throw new Error(`The client failed:\n${stderr}`);
    return stdout;
  }

  /** Waits for a log line, as a document shows it, after the last edit. */
  async logged(line: string, mark = this.#mark): Promise<number> {
    return await this.flow.line(linePattern(this.adapt(line)), mark);
  }

  /** The Flow's process. */
  get flow(): Running {
    if (this.#flow === undefined) throw new Error("start() first");
    return this.#flow;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#flow?.[Symbol.asyncDispose]();
    await this.folder[Symbol.asyncDispose]();
  }

  async #follow(prose: string): Promise<void> {
    for (const match of prose.matchAll(DIRECTIVE)) {
      const [, holder, content, script, , file, before, after, printed] = match;
      if (holder !== undefined) await this.save(holder, `${content}\n`);
      else if (script !== undefined) await this.start(script);
      else if (file !== undefined) await this.edit(file, before, after);
      else assertEquals(await this.client(), printed);
    }
  }

  /** The lines come one after the other, after the last edit. */
  async #logs(text: string): Promise<void> {
    let mark = this.#mark;
    for (const line of text.trimEnd().split("\n")) mark = await this.logged(line, mark);
  }
}

/** A port that was free a moment ago: documents show a number, not 0. */
export function freePort(): number {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return listener.addr.port;
}
