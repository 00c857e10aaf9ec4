import { assertEquals, assertMatch, assertObjectMatch } from "@std/assert";
import { copy } from "@std/fs/copy";
import { TempFolder } from "../support/temp_folder.ts";
import {
  CHECKOUT,
  type Code,
  codesIn,
  filesOf,
  type Part,
  partsOf,
  readDocument,
  sectionsOf,
} from "./_markdown.ts";
import { Running, runToEnd } from "./_running.ts";

/** Texts that differ from run to run, and the pattern for each. */
const VARIABLE: readonly (readonly [RegExp, string])[] = [
  [/^@\d+$/, "@\\d+"],
  [/^\d+\.\d+ ms$/, "\\d+\\.\\d+ ms"],
  [/^\[\d\d\/\d\d\/\d\d \d\d:\d\d:\d\d\]$/, "\\[\\d\\d/\\d\\d/\\d\\d \\d\\d:\\d\\d:\\d\\d\\]"],
  [/^\d\d:\d\d:\d\d$/, "\\d\\d:\\d\\d:\\d\\d"],
  [/^[\da-f]{32}$/, "[\\da-f]{32}"],
];
/** The parts of a checkout that run. */
const SOURCES = ["src", "mod.ts", "cli.ts", "grpc.ts", "deno.json"];
const PARTS = /(@\d+|\d+\.\d+ ms|\[\d\d\/\d\d\/\d\d \d\d:\d\d:\d\d\]|\b\d\d:\d\d:\d\d\b|\b[\da-f]{32}\b)/;

/** A pattern for a line as a document shows it: any process id, duration, time and id matches. */
export function linePattern(line: string): RegExp {
  const source = line.split(PARTS).map((part) =>
    VARIABLE.find(([is]) => is.test(part))?.[1] ?? part.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")
  );
  return new RegExp(`^${source.join("")}$`);
}

/**
 * A document that is followed, in a folder of its own and on a port of its own. Its blocks of code say what to do:
 *
 * - a block that begins with a comment with the name of a file: that file is saved;
 * - `sh serve`: the command is started and runs on, in place of the one before;
 * - `sh run`: the command is run to its end;
 * - `diff edit=FILE`: the lines are replaced in the file, which is saved;
 * - `text log`: the lines are logged after the last edit, one after the other;
 * - `text output`: the lines are what the last `sh run` printed; after an edit, it is run again;
 * - `json output`: the same, but the printed JSON may have more keys.
 *
 * `<!-- files: README.md -->` saves the files of another document first, `<!-- checkout -->` copies the checkout.
 */
export class Page implements AsyncDisposable {
  #flow?: Running;
  /** The command that was run last, and what it printed, until something changes. */
  #command = "";
  #printed?: string;
  /** The number of log lines before the last edit. */
  #mark = 0;

  private constructor(
    readonly name: string,
    readonly text: string,
    readonly folder: TempFolder,
    readonly port: number,
  ) {}

  static async open(name: string): Promise<Page> {
    const page = new Page(name, await readDocument(name), await TempFolder.make(), freePort());
    if (page.text.includes("<!-- checkout -->")) {
      for (const part of SOURCES) await copy(`${CHECKOUT}/${part}`, page.folder.at(part));
    }
    const [, other] = /<!-- files: (\S+) -->/.exec(page.text) ?? [];
    if (other !== undefined) await page.write(partsOf(await readDocument(other)));
    return page;
  }

  /** A section by its heading, with its placeholders. */
  section(heading: string): readonly Part[] {
    const parts = sectionsOf(this.text).get(heading);
    if (parts === undefined) throw new Error(`${this.name} has no section "${heading}"`);
    return parts;
  }

  /** The texts between backticks in a section's prose. */
  codes(heading: string): string[] {
    return this.section(heading).flatMap((part) => part.kind === "prose" ? codesIn(part.text) : []);
  }

  /** The first command with a role. */
  command(role: string, parts: readonly Part[] = partsOf(this.text)): string {
    const found = parts.find((part): part is Code => part.kind === "code" && part.roles.includes(role));
    if (found === undefined) throw new Error(`${this.name} has no block of code with the role "${role}"`);
    return found.text.trim();
  }

  /** Replaces a document's folder, port and checkout by those of this machine. */
  adapt(text: string): string {
    const mirror = Deno.env.get("JSR_URL") ?? "";
    // A mirror on disk, which takes the place of JSR, may be outside of the checkout.
    const read = mirror.startsWith("file:") ? `${CHECKOUT},${new URL(mirror).pathname}` : CHECKOUT;
    return text.replaceAll("--allow-read=.,/path/to/hotflow", `--allow-read=.,${read}`)
      .replaceAll("/path/to/hotflow", CHECKOUT)
      .replaceAll("/home/you/hello", this.folder.path)
      .replaceAll("12345", String(this.port));
  }

  /** Saves the files that blocks of code show. */
  async write(parts: readonly Part[] = partsOf(this.text)): Promise<void> {
    for (const [name, text] of filesOf(parts)) await this.save(name, text);
  }

  /** Saves one file. */
  async save(name: string, text: string): Promise<void> {
    this.#changed();
    await this.folder.write(name, this.adapt(text));
  }

  /** Replaces text in a file and saves it. @throws {Error} When the file does not contain the text. */
  async edit(name: string, before: string, after: string): Promise<void> {
    await this.#change(name, [[before, after]]);
  }

  /** Starts a command that serves, in place of the one before. */
  async serve(command: string): Promise<Running> {
    await this.#flow?.[Symbol.asyncDispose]();
    this.#flow = undefined;
    this.#changed();
    // The command line takes its port from an option, all else from the files.
    const own = / cli (?:serve|executor|flow) /.test(command) ? `${command} --port 12345` : command;
    return this.#flow = await Running.serving(this.adapt(own), { cwd: this.folder.path });
  }

  /** Runs a command to its end; returns what it prints. */
  async run(command: string): Promise<string> {
    if (command.startsWith("curl ")) return await curl(this.adapt(command));
    const { code, stdout, stderr } = await runToEnd(this.adapt(command), { cwd: this.folder.path });
    if (code !== 0) throw new Error(`${command} failed:\n${stderr}`);
    return stdout;
  }

  /** Follows the document, or a part of it. */
  async play(parts: readonly Part[] = partsOf(this.text)): Promise<void> {
    for (const part of parts) {
      if (part.kind === "code") await this.#follow(part);
    }
  }

  /** Waits for a log line, as a document shows it, after the last edit. */
  async logged(line: string, mark = this.#mark): Promise<number> {
    return await this.flow.line(linePattern(this.adapt(line)), mark);
  }

  /** The process that serves. */
  get flow(): Running {
    if (this.#flow === undefined) throw new Error("serve() first");
    return this.#flow;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#flow?.[Symbol.asyncDispose]();
    await this.folder[Symbol.asyncDispose]();
  }

  async #follow(part: Code): Promise<void> {
    await this.write([part]);
    const [role, target = ""] = (part.roles[0] ?? "").split("=");
    const text = part.text.trimEnd();
    if (role === "serve") await this.serve(text);
    else if (role === "run") {
      for (const command of text.split("\n")) this.#printed = await this.run(this.#command = command);
    } else if (role === "edit") await this.#change(target, changesOf(text));
    else if (role === "log") await this.#logs(text);
    else if (role === "output") {
      this.#printed ??= await this.run(this.#command);
      if (part.lang === "json") assertObjectMatch(JSON.parse(this.#printed), JSON.parse(text));
      else assertLines(this.#printed, this.adapt(text));
    }
  }

  async #change(name: string, changes: readonly (readonly [before: string, after: string])[]): Promise<void> {
    let text = await Deno.readTextFile(this.folder.at(name));
    for (const [before, after] of changes) {
      if (!text.includes(before)) throw new Error(`${name} does not contain "${before}"`);
      text = text.replace(before, () => after);
    }
    await this.save(name, text);
  }

  /** The lines come one after the other, after the last edit. */
  async #logs(text: string): Promise<void> {
    let mark = this.#mark;
    for (const line of text.split("\n")) mark = await this.logged(line, mark);
    this.#printed = undefined;
  }

  #changed(): void {
    this.#mark = this.#flow?.log.mark ?? 0;
    this.#printed = undefined;
  }
}

/** Compares lines, in which process ids, durations and the like may differ. */
function assertLines(actual: string, expected: string): void {
  const lines = actual.trimEnd().split("\n");
  const patterns = expected.split("\n").map(linePattern);
  assertEquals(lines.length, patterns.length, actual);
  for (const [at, pattern] of patterns.entries()) assertMatch(lines[at], pattern);
}

/** The texts before and after each hunk of a `diff` block; hunks are separated by `@@`. */
function changesOf(diff: string): [before: string, after: string][] {
  return diff.split(/^@@.*\n/m).map((hunk) => {
    const lines = hunk.trimEnd().split("\n");
    const side = (other: string) =>
      lines.filter((line) => !line.startsWith(other)).map((line) => line.slice(1)).join("\n");
    return [side("+"), side("-")];
  });
}

/** Sends what a documented curl command sends; returns the body, or its lines with a word. */
export async function curl(command: string): Promise<string> {
  const [, url, options, word] = /^curl -s (\S+)((?: -\w '[^']*')*)(?: \| grep (\w+))?$/.exec(command) ?? [];
  if (url === undefined) {
    throw new Error(`Cannot run "${command}": expected curl -s URL with -H and -d, and | grep WORD`);
  }
  const given = [...String(options).matchAll(/ -(\w) '([^']*)'/g)];
  const headers = given.filter(([, name]) => name === "H").map(([, , text]) => text.split(": "));
  const body = given.find(([, name]) => name === "d")?.[2];
  const response = await fetch(url, { method: body === undefined ? "GET" : "POST", headers, body });
  const text = await response.text();
  return word === undefined ? text : text.split("\n").filter((line) => line.includes(word)).join("\n");
}

/** A port that was free a moment ago: documents show a number, not 0. */
export function freePort(): number {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return listener.addr.port;
}
