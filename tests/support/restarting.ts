import { assertEquals, assertMatch } from "@std/assert";
import type { AddOptions, FlowOptions, LogRecord } from "../../mod.ts";
import { assertPlaced, type Spot } from "./reloading.ts";
import { type FlowFixture, PACKAGE } from "./flow_fixture.ts";
import type { Traffic } from "./traffic.ts";

/** The YAML that the probes save. */
export const YAML = "executor.yml";
/** The module with the classes that it names. */
export const MODULE = "executors.ts";

/** Executors to name in a YAML: both answer with `text` of their `with`, the second one in its own way. */
export const EXECUTORS = `import { Executor, requests } from ${JSON.stringify(PACKAGE)};
export class Before extends Executor {
  constructor({ text = "before", fail = false } = {}) {
    super();
    if (fail) throw new RangeError("no such model");
    this.text = text;
  }
  @requests()
  foo(docs) { for (const doc of docs) doc.text = this.text; }
  @requests({ on: "/slow" })
  async slow(docs, { parameters }) {
    await (await fetch(parameters.latch)).text();
    this.foo(docs);
  }
  @requests({ on: "/replica" })
  replica(docs) { for (const doc of docs) doc.text = this.text + " " + this.runtime.replica; }
}
export class After extends Before {
  constructor({ text = "after", fail } = {}) { super({ text, fail }); }
}
`;

/** An Executor's YAML. */
export function yamlOf(jtype: string, options?: object): string {
  const given = options === undefined ? "" : `with: ${JSON.stringify(options)}\n`;
  return `jtype: ${jtype}\n${given}metas:\n  py_modules:\n    - ${MODULE}\n`;
}

/** A YAML that answers with a text. */
export const saying = (text: string): string => yamlOf("Before", { text });

/** A stand whose Executor is restarted by its YAML, with requests running all the while. */
export class Restarting {
  private constructor(readonly fixture: FlowFixture, readonly traffic: Traffic) {}

  /** Writes the module and the YAML, serves them, and begins to ask. */
  static async begin(
    fixture: FlowFixture,
    { yaml = yamlOf("Before"), add, flow, endpoint, clients }: {
      yaml?: string;
      add?: Partial<AddOptions>;
      flow?: FlowOptions;
      endpoint?: string;
      clients?: number;
    } = {},
  ): Promise<Restarting> {
    await fixture.folder.write(MODULE, EXECUTORS);
    await fixture.folder.write(YAML, yaml);
    await fixture.serve({ uses: YAML, restart: true, ...add }, flow);
    return new Restarting(fixture, await fixture.traffic(endpoint, clients));
  }

  /** Saves; waits until the answer is this text, and all answers are. */
  async becomes(text: string, save: () => Promise<unknown>): Promise<void> {
    const { log } = this.fixture;
    const mark = log.mark;
    await Promise.all([this.traffic.text(text), save()]);
    assertEquals((await log.waitFor(/INFO Flow change in/, mark)).message, this.observed);
    await log.waitFor(/INFO executor0\/rep-0 version \d+ serves after [\d.]+ ms$/, mark);
    assertEquals(log.count(/^ERROR/, mark), 0);
    assertEquals((await this.fixture.status()).deployments[0].lastError, null);
    await this.only(text);
  }

  /** Saves in place; waits as {@linkcode becomes} does. */
  saved(text: string, yaml: string = saying(text)): Promise<void> {
    return this.becomes(text, () => this.fixture.folder.write(YAML, yaml));
  }

  /** Saves what cannot be loaded: the log says what and where, and the version before keeps serving. */
  async breaks(
    { says, file = YAML, spot }: { says: RegExp; file?: string; spot?: Spot },
    save: () => Promise<unknown>,
  ): Promise<LogRecord> {
    const { log, folder } = this.fixture;
    const { version } = (await this.fixture.status()).deployments[0];
    await this.traffic.round();
    const text = this.traffic.seen.at(-1)?.text ?? "";
    const mark = log.mark;
    const from = this.traffic.seen.length;
    await save();
    const record = await log.waitFor(
      new RegExp(`ERROR executor0/rep-0 could not load the new version; version ${version} keeps serving\n`),
      mark,
    );
    assertEquals(log.records.slice(mark).find(({ name }) => name === "Flow")?.message, this.observed);
    assertMatch(record.message, says);
    assertPlaced(/ at (\/\S+)$/m.exec(record.message)?.[1], folder.at(file), spot);
    if (spot !== undefined) assertMatch(record.message, new RegExp(`^ +${spot.line} \\| `, "m"));
    const { lastError, version: now, state } = (await this.fixture.status()).deployments[0];
    assertEquals([now, state], [version, "serving"]);
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

  /** How many restarts there were. */
  get restarts(): number {
    return this.fixture.log.count(/INFO Flow change in Executor configuration YAML/);
  }

  /** What the log says of a restart. */
  get observed(): string {
    return `change in Executor configuration YAML ${
      this.fixture.folder.at(YAML)
    } observed, restarting Executor deployment`;
  }
}
