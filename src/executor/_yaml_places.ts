/** Where something stands: line and column, both from 1. */
export interface Spot {
  readonly line: number;
  readonly column: number;
}

/** A key that was found: its line, from 0, what stands before it there, and where its value begins. */
interface Found {
  readonly line: number;
  readonly indent: number;
  readonly column: number;
  readonly end: number;
}

/** What is above the keys at the top. */
const TOP: Found = { line: -1, indent: -1, column: 0, end: 0 };
/** A key at the beginning of a line: in double quotes, in single ones, or plain. */
const KEY = /^( *)(?:"([^"]*)"|'([^']*)'|(?!- )([^\s#"'{[][^#]*?))\s*:(?=\s|$)/;

/**
 * Where the keys of a YAML file stand, and the texts that are their values. The parser tells the places of its own
 * errors only. What is written in an unusual way is looked for in vain: then it is the place of what it is inside of.
 */
export class YamlPlaces {
  readonly #lines: readonly string[];

  constructor(text: string) {
    this.#lines = text.split("\n");
  }

  /** Where a key stands, given after those that it is inside of. */
  key(path: readonly string[]): Spot {
    const { line, column } = this.#find(path);
    return { line: Math.max(0, line) + 1, column: column + 1 };
  }

  /** Where a text stands in the value of a key. */
  value(path: readonly string[], text: string): Spot {
    const found = this.#find(path);
    const whole = new RegExp(`(?<![\\w./-])${escaped(text)}(?![\\w./-])`);
    for (const [line, from] of this.#inside(found)) {
      const column = this.#lines[line].slice(from).search(whole);
      if (column >= 0) return { line: line + 1, column: from + column + 1 };
    }
    return this.key(path);
  }

  #find(path: readonly string[]): Found {
    let found = TOP;
    for (const key of path) {
      const next = this.#onItsLine(found, key) ?? this.#inBraces(found, key);
      if (next === undefined) break;
      found = next;
    }
    return found;
  }

  #onItsLine(above: Found, key: string): Found | undefined {
    let level: number | undefined;
    for (const [line] of this.#inside(above)) {
      const [whole, spaces, double, single, plain] = KEY.exec(this.#lines[line]) ?? [];
      if (whole === undefined || spaces === undefined || line === above.line) continue;
      level ??= spaces.length;
      if (spaces.length !== level || (double ?? single ?? plain) !== key) continue;
      return { line, indent: level, column: level, end: whole.length };
    }
  }

  /** As in `metas: { name: a }`. */
  #inBraces(above: Found, key: string): Found | undefined {
    const pattern = new RegExp(`(?<=[{,]\\s*|^\\s*)(["']?)${escaped(key)}\\1\\s*:`);
    for (const [line, from] of this.#inside(above)) {
      const text = this.#lines[line].slice(from);
      const match = pattern.exec(text);
      if (match === null) continue;
      const column = from + match.index;
      return { line, indent: above.indent, column, end: column + match[0].length };
    }
  }

  /** The lines of a key's value, and where it begins in each; a list may be indented as its key is. */
  *#inside({ line, indent, end }: Found): Generator<[line: number, from: number]> {
    if (line >= 0) yield [line, end];
    for (let next = line + 1; next < this.#lines.length; next++) {
      const text = this.#lines[next];
      if (/^\s*(?:#|$)/.test(text) || (line < 0 && /^(?:---|%)/.test(text))) continue;
      const spaces = text.search(/\S/);
      if (spaces < indent || (spaces === indent && !text.startsWith("- ", spaces))) return;
      yield [next, 0];
    }
  }
}

function escaped(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
}
