import { runtime } from "../runtime/mod.ts";
import { isTerminal, styleText } from "../runtime/terminal.ts";

/** Puts a text into a style. */
export type Style = (
  format: "bold" | "dim" | "red" | "green" | "yellow" | "cyan",
  text: string,
) => string;

/** Colours on a terminal, unless `NO_COLOR` is set or the terminal has none; plain text otherwise. */
export function styleFor(plain = false): Style {
  const isPlain = plain || !isTerminal("stdout") || runtime.env("NO_COLOR") || runtime.env("TERM") === "dumb";
  return (format, text) => isPlain ? text : styleText(format, text, { validateStream: false });
}
