import { assertEquals, assertMatch } from "@std/assert";
import type { AddOptions, FlowOptions, LogRecord } from "../../mod.ts";
import { PATIENCE_MS } from "./log_trap.ts";
import { executorSource, type FlowFixture } from "./flow_fixture.ts";
import { target } from "./target.ts";
import type { Traffic } from "./traffic.ts";

/** The file of the Executor that most probes save. */
export const FILE = "my_executor.ts";

/** Where something stands in a text: line and column, both from 1. */
export interface Spot {
  readonly line: number;
  readonly column: number;
}

/** What a broken save is expected to bring. */
export interface Breakage {
  /** The error's name and message. */
  readonly says: RegExp;
  /** The file that is named, relative to the stand's folder. */
  readonly file: string;
  /** The place in it, where there is one. */
  readonly spot?: Spot;
}

/** How a probe begins. */
export interface Beginning {
  /** The files by name. @default the first version of {@linkcode FILE} */
  readonly files?: Readonly<Record<string, string>>;
  readonly add?: Partial<AddOptions>;
  readonly flow?: FlowOptions;
  /** What the running requests ask for. */
  readonly endpoint?: string;
  readonly clients?: number;
}

/** A stand whose Executor is reloaded, with requests running all the while. */
export class Reloading {
  constructor(readonly fixture: FlowFixture, readonly traffic: Traffic) {}

  /** Writes the files, serves them, and begins to ask. */
  static async begin(
    fixture: FlowFixture,
    { files, add, flow, endpoint, clients }: Beginning = {},
  ): Promise<Reloading> {
    const all = files ?? { [FILE]: executorSource("v1") };
    for (const [name, text] of Object.entries(all)) await fixture.folder.write(name, text);
    await fixture.serve({ uses: FILE, reload: true, ...add }, flow);
    return new Reloading(fixture, await fixture.traffic(endpoint, clients));
  }

  /** Saves; waits until the answer is this text, and all answers are. The log names the changed files. */
  async becomes(
    text: string,
    changed: string | readonly string[],
    save: () => Promise<unknown>,
  ): Promise<void> {
    const { log } = this.fixture;
    const mark = log.mark;
    await Promise.all([this.traffic.text(text), save()]).catch((cause) => {
      throw new Error(`"${text}" was never answered. The log:\n${log.lines.join("\n")}`, { cause });
    });
    assertEquals((await log.waitFor(/detected changes/, mark)).message, this.refreshing(changed));
    const { message } = await log.waitFor(/INFO executor0\/rep-0 version \d+ serves after [\d.]+ ms/, mark);
    assertEquals(log.count(/^ERROR/, mark), 0);
    const { lastError, history } = (await this.fixture.status()).deployments[0];
    assertEquals(lastError, null);
    const isInPlace = this.fixture.inPlace && history.at(-1)?.kind === "reload";
    assertMatch(message, isInPlace ? / ms \(in place\)$/ : / ms$/);
    await this.only(text);
  }

  /** Saves in place; waits as {@linkcode becomes} does. */
  saved(text: string, source: string = executorSource(text), name: string = FILE): Promise<void> {
    return this.becomes(text, name, () => this.fixture.folder.write(name, source));
  }

  /** Saves what cannot be loaded: the log says what and where, and the version before keeps serving. */
  async breaks({ says, file, spot }: Breakage, save: () => Promise<unknown>): Promise<LogRecord> {
    const { log, folder } = this.fixture;
    const { version } = (await this.fixture.status()).deployments[0];
    const text = this.traffic.seen.at(-1)?.text ?? "";
    const mark = log.mark;
    const from = this.traffic.seen.length;
    await save();
    const record = await log.waitFor(
      new RegExp(`ERROR executor0/rep-0 could not load the new version; version ${version} keeps serving\n`),
      mark,
    );
    assertMatch(record.message, says);
    assertPlaced(/ at (\/\S+)$/m.exec(record.message)?.[1], folder.at(file), spot);
    assertEquals(/\?v=/.test(record.message), false);
    const isShown = spot !== undefined && new RegExp(`^ +${spot.line} \\| `, "m").test(record.message);
    // Data may be secret.
    assertEquals(isShown, spot !== undefined && !file.endsWith(".json"));
    const { lastError, version: now } = (await this.fixture.status()).deployments[0];
    assertEquals(now, version);
    const { file: at, line, column } = lastError ?? {};
    assertPlaced([at, line, column].filter((part) => part !== undefined).join(":"), folder.at(file), spot);
    await this.only(text);
    assertEquals(new Set(this.traffic.seen.slice(from).map(({ text }) => text)), new Set([text]));
    return record;
  }

  /** From now on, every answer is this text; a request that was on its way may still have another one. */
  async only(text: string): Promise<void> {
    await this.traffic.round();
    const from = this.traffic.seen.length;
    await this.traffic.round();
    assertEquals(new Set(this.traffic.seen.slice(from).map(({ text }) => text)), new Set([text]));
  }

  /**
   * Waits until every save so far was looked at and nothing is being loaded any more. File events come in order: once
   * one that reloads nothing was told of, those before it were.
   *
   * @param inside The folder of the Executor.
   */
  async quiet(inside = "."): Promise<void> {
    const { log, folder } = this.fixture;
    const mark = log.mark;
    await folder.write(`${inside}/deno.json`, `{ "name": "${crypto.randomUUID()}" }`);
    await log.waitFor(/deno.json has changed: restart the process/, mark);
    const deadline = performance.now() + PATIENCE_MS;
    while ((await this.fixture.status()).deployments.some(({ versions }) => versions.length > 1)) {
      if (performance.now() > deadline) throw new Error("A version is still being loaded");
    }
  }

  /** Waits until all saves so far were looked at, and what comes of them is that all answers are this text. */
  async ends(text: string): Promise<void> {
    await this.quiet();
    // What is loaded from now on is what is on disk: the answer may still change to this text, and never from it.
    await this.traffic.round();
    await this.traffic.text(text).catch((cause) => {
      const end = this.traffic.seen.at(-1)?.text;
      const lines = this.fixture.log.lines.join("\n");
      throw new Error(`It ended with "${end}" instead of "${text}". The log:\n${lines}`, { cause });
    });
    await this.only(text);
  }

  /** How many reloads there were. */
  get reloads(): number {
    return this.fixture.log.count(/detected changes/);
  }

  /** What the log says of a reload. */
  refreshing(changed: string | readonly string[]): string {
    const paths = [changed].flat().map((name) => `'${this.fixture.folder.at(name)}'`);
    return `detected changes in: [${paths.join(", ")}]. Refreshing the Executor`;
  }
}

/** A place as people read it. JavaScriptCore names the line, and columns of its own. */
export function assertPlaced(actual: string | undefined, file: string, spot?: Spot): void {
  const expected = [file, ...(spot === undefined ? [] : [spot.line, spot.column])].join(":");
  const plain = (text = "") => target.name === "bun" ? text.replace(/(:\d+):\d+$/, "$1") : text;
  assertEquals(plain(actual), plain(expected));
}

/** Where a piece of a text begins; looks for it from an index on. */
export function spotOf(text: string, piece: string, from = 0): Spot {
  const before = text.slice(0, text.indexOf(piece, from)).split("\n");
  return { line: before.length, column: before[before.length - 1].length + 1 };
}
