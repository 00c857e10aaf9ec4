/** Executors that hold a port from `setup()` to `close()`, as only one of them can. */
import type { FlowFixture } from "../support/flow_fixture.ts";
import { executorWith } from "./_serving.ts";

/** A port that nothing uses now. */
export function freePort(): number {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  listener.close();
  return listener.addr.port;
}

/** What differs between Executors that hold a port. */
export interface Body {
  /** What stands first in `setup()`, before the port is opened. */
  readonly before?: string;
  /** What stands last in `setup()`. */
  readonly after?: string;
  readonly exclusive?: boolean;
  readonly close?: string;
  readonly more?: string;
}

/** An Executor that holds a port from `setup()` to `close()`, and answers with its text. */
export function holding(port: number, text: string, body: Body = {}): string {
  const { before = "", after = "", exclusive = true, close = "await this.release();", more = "" } = body;
  return executorWith(
    `  static exclusive = ${exclusive};
  @requests()
  foo(docs) { for (const doc of docs) { doc.text = ${
      JSON.stringify(text)
    }; doc.tags = { setups: this.setups }; } }
  setups = 0;
  async setup() {
    ${before}
    this.server = createServer();
    await new Promise((resolve, reject) => {
      this.server.once("error", reject);
      this.server.listen(${port}, "127.0.0.1", resolve);
    });
    this.setups++;
    ${after}
  }
  release() { return new Promise((resolve) => this.server.close(resolve)); }
  async close() { ${close} }
${more}`,
    'import { createServer } from "node:net";',
  );
}

/** A handler that waits at the latch of its parameters. */
export const SLOW = `  @requests({ on: "/slow" })
  async slow(docs, { parameters }) {
    await (await fetch(parameters.latch)).text();
    this.foo(docs);
  }
`;

/** A handler that ends its worker. */
export const EXIT = `  @requests({ on: "/exit" })
  async exit() { (await import("node:process")).default.exit(1); }
`;

/** A Flow's YAML with exclusive Executors of these names and texts. */
export function flowYaml(...executors: readonly string[]): string {
  return `jtype: Flow\nexecutors:\n${executors.map((one) => `  - { ${one} }\n`).join("")}`;
}

/** An Executor that holds a port and answers with the text of its configuration. */
export const GREETING = (port: number) =>
  holding(port, "", { more: "  constructor({ text }) { super(); this.text = text; }\n" }).replace(
    'doc.text = "";',
    "doc.text = this.text;",
  );

/** The same without a `close()`: what it holds is free when its worker has ended. */
export function unclosing(source: string): string {
  return source.replace(/^ {2}async close\(\) .*$/m, "");
}

/** Writes a line to a file, from inside an Executor. */
export function noting(fixture: FlowFixture, line: string): string {
  const path = JSON.stringify(fixture.folder.at("notes.txt"));
  return `(await import("node:fs")).appendFileSync(${path}, ${JSON.stringify(`${line}\n`)});`;
}

/** The lines that are written. */
export async function notes(fixture: FlowFixture): Promise<string[]> {
  return (await Deno.readTextFile(fixture.folder.at("notes.txt")).catch(() => "")).trim().split("\n");
}
