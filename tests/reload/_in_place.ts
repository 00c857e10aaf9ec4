/** What the tests of reloading in place have in common. */
import { assertEquals } from "@std/assert";
import type { AddOptions, FlowOptions, LogRecord } from "../../mod.ts";
import type { FlowFixture } from "../support/flow_fixture.ts";
import { FILE } from "../support/reloading.ts";
import { executorWith, saying } from "./_serving.ts";

/** A module that records each of its evaluations. */
export function recording(name: string, rest = ""): string {
  return `(globalThis.evaluated ??= []).push(${JSON.stringify(name)});\n${rest}\n`;
}

/** An Executor that answers with the evaluations since the request before, and the value of an expression. */
export function reporting(top: string, expression = '""', name = "main"): string {
  const report = `[...globalThis.evaluated.splice(0), ${expression}].filter(String).join(" ")`;
  return executorWith(saying(report), recording(name, top));
}

/** A Flow with one Executor that is reloaded in place. */
export class InPlace {
  private constructor(readonly fixture: FlowFixture) {}

  /** Writes the files and serves them. */
  static async serve(
    fixture: FlowFixture,
    files: Readonly<Record<string, string>> | string,
    add: Partial<AddOptions> = {},
    flow: FlowOptions = {},
  ): Promise<InPlace> {
    const all = typeof files === "string" ? { [FILE]: files } : files;
    for (const [name, text] of Object.entries(all)) await fixture.folder.write(name, text);
    await fixture.serve({ uses: FILE, reload: "in-place", ...add }, flow);
    return new InPlace(fixture);
  }

  /** The text of an answer. */
  async text(endpoint?: string): Promise<string> {
    const { status, text, body } = await this.fixture.ask(endpoint);
    assertEquals(status, 200, body);
    return text;
  }

  /** Makes a change; returns the log line of the version that serves then. */
  async serves(change: () => Promise<unknown>, how = /\(in place.*\)$/): Promise<LogRecord> {
    const { log } = this.fixture;
    const mark = log.mark;
    await change();
    const record = await log.waitFor(/ version \d+ serves after |could not /, mark);
    if (!how.test(record.message)) throw new Error(`Expected ${how}:\n${log.lines.join("\n")}`);
    return record;
  }

  /** Saves a file, which is loaded in place; returns the text of the first answer. */
  async saved(text: string, name: string = FILE): Promise<string> {
    await this.serves(() => this.fixture.folder.write(name, text));
    return await this.text();
  }

  /** Saves what cannot be loaded; returns the log line, without the folder. */
  async breaks(text: string, name: string = FILE): Promise<string> {
    const { log, folder } = this.fixture;
    const mark = log.mark;
    await folder.write(name, text);
    const record = await log.waitFor(
      /ERROR .*could not load the new version; version \d+ keeps serving/,
      mark,
    );
    return record.message.replaceAll(`${folder.path}/`, "");
  }
}
