import { runtime } from "../runtime/mod.ts";
import { isTerminal } from "../runtime/terminal.ts";

type Paint = (text: string) => string;

/** Styles of text. */
export type Style = Readonly<Record<"bold" | "dim" | "red" | "green" | "yellow" | "cyan", Paint>>;

const CODES = {
  bold: [1, 22],
  dim: [2, 22],
  red: [31, 39],
  green: [32, 39],
  yellow: [33, 39],
  cyan: [36, 39],
};

/** Colours on a terminal, unless `NO_COLOR` is set or the terminal has none; plain text otherwise. */
export function styleFor(plain = false): Style {
  const coloured = !plain && isTerminal("stdout") && !runtime.env("NO_COLOR") &&
    runtime.env("TERM") !== "dumb";
  return Object.fromEntries(
    Object.entries(CODES).map(([name, [on, off]]) => [
      name,
      coloured ? (text: string) => `\x1b[${on}m${text}\x1b[${off}m` : (text: string) => text,
    ]),
  ) as unknown as Style;
}
