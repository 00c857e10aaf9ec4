/**
 * The positions of values in a YAML file. Only this module imports the parser that reports them, and only when there is
 * something to report: reading a valid file does not wait for it.
 */
import type { Alias, Document, ErrorCode, ParsedNode } from "yaml";
import type { YamlPath } from "./yaml_values.ts";

/** A line and a column, from 1. */
export interface Position {
  readonly line: number;
  readonly column: number;
}

/** A mistake in the syntax of a YAML file. */
export interface SyntaxProblem extends Position {
  readonly message: string;
}

/** The mistakes that leave the values readable. */
const IRREGULARITIES: Partial<Record<ErrorCode, (text: string) => string>> = {
  DUPLICATE_KEY: (key) => `the key \`${key}\` is here twice; expected each key once`,
  MULTIPLE_DOCS: () => "a second document begins here; expected only one",
  TAG_RESOLVE_FAILED: () => "tags are not supported: `jtype` names the type, as in `jtype: Flow`",
};

/** The positions of one text. */
export class Positions {
  private constructor(
    private readonly text: string,
    private readonly document: Document<ParsedNode, true | false>,
    private readonly positionAt: (offset: number) => Position,
  ) {}

  /** Parses a text, which may be invalid. */
  static async of(text: string): Promise<Positions> {
    const { LineCounter, parseDocument } = await import("yaml");
    const lineCounter = new LineCounter();
    const document = parseDocument(text, {
      lineCounter,
      prettyErrors: false,
      // Its warnings are reported as problems, and not printed.
      logLevel: "error",
      version: "1.2",
      merge: true,
    });
    return new Positions(text, document, (offset) => {
      const { line, col } = lineCounter.linePos(offset);
      return { line: Math.max(1, line), column: Math.max(1, col) };
    });
  }

  /** The position of a key, or of an item of a list; for a value that is missing, that of the value that should contain it. */
  at(path: YamlPath): Position {
    let node: unknown = this.document.contents;
    let offset = startOf(node) ?? 0;
    for (const step of path) {
      const items: readonly unknown[] = hasItems(node) ? node.items : [];
      const item = typeof step === "number" ? items[step] : items.find((pair) => keyOf(pair) === step);
      const start = startOf(typeof step === "number" ? item : (item as { key?: unknown } | undefined)?.key);
      if (start === undefined) break;
      offset = start;
      node = typeof step === "number" ? item : (item as { value?: unknown }).value;
    }
    return this.positionAt(offset);
  }

  /** How a single value is written, without quotation marks, where an alias or `<<` stands for it too; `undefined` when it is none. */
  sourceAt(path: YamlPath): string | undefined {
    const node = path.reduce((outer: unknown, step) => this.#inner(outer, step), this.document.contents);
    const { source } = Object(this.#target(node)) as { source?: unknown };
    return typeof source === "string" ? source : undefined;
  }

  /** The value of a key, or an item of a list. A mapping's own keys win over those that `<<` merges, and these over later ones. */
  #inner(outer: unknown, step: string | number): unknown {
    const node = this.#target(outer);
    if (!hasItems(node)) return undefined;
    if (typeof step === "number") return node.items[step];
    const pairs = node.items as readonly { key?: { source?: unknown } | null; value?: unknown }[];
    const own = pairs.find((pair) => keyOf(pair) === step);
    if (own !== undefined) return own.value;
    const merged = pairs.filter(({ key }) => key?.source === "<<").map(({ value }) => this.#target(value));
    const maps = merged.flatMap((value) => isList(value) ? value.items : [value]);
    return maps.map((map) => this.#inner(map, step)).find((value) => value !== undefined);
  }

  /** What an alias stands for; any other node itself. */
  #target(node: unknown): unknown {
    const { resolve } = Object(node) as Partial<Alias>;
    return resolve === undefined ? node : resolve.call(node as Alias, this.document);
  }

  /** The position of a tab that is used for indentation. */
  get tab(): Position | undefined {
    const error = this.document.errors.find(({ code }) => code === "TAB_AS_INDENT");
    return error && this.positionAt(error.pos[0]);
  }

  /** The mistakes that leave the values readable; `undefined` when there are others, or none. */
  get irregularities(): SyntaxProblem[] | undefined {
    const { errors, warnings } = this.document;
    const found = [...errors, ...warnings].map(({ code, pos }) => ({
      message: IRREGULARITIES[code]?.(/^[\w.-]*/.exec(this.text.slice(pos[0]))?.[0] ?? ""),
      ...this.positionAt(pos[0]),
    }));
    const known = found.filter((problem): problem is SyntaxProblem => problem.message !== undefined);
    return known.length === found.length && known.length > 0 ? known : undefined;
  }

  /** The values, as far as they are readable. */
  get value(): unknown {
    return this.document.toJS();
  }
}

function hasItems(node: unknown): node is { readonly items: readonly unknown[] } {
  return typeof node === "object" && node !== null && Array.isArray((node as { items?: unknown }).items);
}

function isList(node: unknown): node is { readonly items: readonly unknown[] } {
  return hasItems(node) && node.items.every((item) => !Object.hasOwn(Object(item), "key"));
}

function keyOf(pair: unknown): string | undefined {
  const { key } = pair as { key?: { value?: unknown } | null };
  return key?.value === undefined ? undefined : String(key.value);
}

function startOf(node: unknown): number | undefined {
  return (node as { range?: readonly number[] } | null | undefined)?.range?.[0];
}
