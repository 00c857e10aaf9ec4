/**
 * Where things stand in a YAML file. Only this imports a parser that knows: it is loaded when there is a mistake to
 * place, so that whoever makes none does not wait for it.
 */
import type { Document, ErrorCode, ParsedNode } from "yaml";
import type { YamlPath } from "./yaml_path.ts";

/** A line and a column, from 1. */
export interface Position {
  readonly line: number;
  readonly column: number;
}

/** A slip that the parser of the values refuses altogether, and that hides nothing else. */
export interface RecoverableError extends Position {
  readonly message: string;
}

const SLIPS: Partial<Record<ErrorCode, (text: string) => string>> = {
  DUPLICATE_KEY: (key) => `the key \`${key}\` is here twice: a mapping has each key once`,
  MULTIPLE_DOCS: () => "a second document begins here, and one is wanted",
  TAG_RESOLVE_FAILED: () => "tags are not read: the kind of thing is said by `jtype`, as in `jtype: Flow`",
};

/** The positions of one text. */
export class Positions {
  private constructor(
    private readonly text: string,
    private readonly document: Document<ParsedNode, true | false>,
    private readonly positionAt: (offset: number) => Position,
  ) {}

  /** Parses a text, which may be broken. */
  static async of(text: string): Promise<Positions> {
    const { LineCounter, parseDocument } = await import("yaml");
    const lineCounter = new LineCounter();
    const document = parseDocument(text, {
      lineCounter,
      prettyErrors: false,
      // What it would warn of on the console is reported, or hidden behind what is.
      logLevel: "error",
      version: "1.2",
      merge: true,
    });
    return new Positions(text, document, (offset) => {
      const { line, col } = lineCounter.linePos(offset);
      return { line: Math.max(1, line), column: Math.max(1, col) };
    });
  }

  /** Where a key, or an item of a list, begins. What is not there stands where that begins which should hold it. */
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

  /** Where a tab stands in the place of spaces that tell what belongs together. */
  get tab(): Position | undefined {
    const error = this.document.errors.find(({ code }) => code === "TAB_AS_INDENT");
    return error && this.positionAt(error.pos[0]);
  }

  /** The slips; `undefined` when the text is broken in some other way. */
  get recoverableErrors(): RecoverableError[] | undefined {
    const { errors, warnings } = this.document;
    const found = [...errors, ...warnings].map(({ code, pos }) => ({
      message: SLIPS[code]?.(/^[\w.-]*/.exec(this.text.slice(pos[0]))?.[0] ?? ""),
      ...this.positionAt(pos[0]),
    }));
    const slips = found.filter((slip): slip is RecoverableError => slip.message !== undefined);
    return slips.length === found.length && slips.length > 0 ? slips : undefined;
  }

  /** The values, as far as they can be made out. */
  get value(): unknown {
    return this.document.toJS();
  }
}

function hasItems(node: unknown): node is { readonly items: readonly unknown[] } {
  return typeof node === "object" && node !== null && Array.isArray((node as { items?: unknown }).items);
}

function keyOf(pair: unknown): string | undefined {
  const { key } = pair as { key?: { value?: unknown } | null };
  return key?.value === undefined ? undefined : String(key.value);
}

function startOf(node: unknown): number | undefined {
  return (node as { range?: readonly number[] } | null | undefined)?.range?.[0];
}
