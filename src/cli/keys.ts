/** The keys of a terminal. @module */
import { onKeys } from "../runtime/terminal.ts";

/** What the keys do. */
export interface KeyActions {
  /** Loads everything again. */
  reload(): void;
  /** Opens the docs page. */
  open(): void;
  /** Ends the process with exit code 0. */
  quit(): void;
  /** Ends the process as SIGINT does. */
  interrupt(): void;
  /** Ends the process as SIGHUP does: the terminal is closed. */
  hangUp(): void;
  /** Shows a message. */
  say(text: string): void;
}

/** The keys, for the banner, and for the message about any other key. */
export const KEYS_TEXT = "r reloads all, o opens the docs page, q quits";

/** The neighbours of each key on common keyboards: a typo presses one of those. */
const NEIGHBOURS: Readonly<Record<string, string>> = { r: "etdfg45", o: "ipkl90", q: "waszß12" };
const MEANINGS: Readonly<Record<string, string>> = { r: "reloads all", o: "opens the docs page", q: "quits" };
const CTRL_C = "\x03";
const CTRL_D = "\x04";
const ESCAPE = "\x1b";

/** Listens to keys until the returned function is called. */
export function listenToKeys(actions: KeyActions): () => void {
  return onKeys((pressed) => {
    const key = pressed.toLowerCase();
    if (key === "r") actions.reload();
    else if (key === "o") actions.open();
    else if (key === "q" || key === CTRL_D) actions.quit();
    else if (key === CTRL_C) actions.interrupt();
    else if (/^[\r\n]+$/.test(key)) actions.say("");
    else if ([...key].length > 1 && !key.startsWith(ESCAPE)) {
      actions.say(`what was pasted is ignored; keys: ${KEYS_TEXT}`);
    } else actions.say(otherKey(key));
  }, () => actions.hangUp());
}

/** The message about a key that does nothing. */
export function otherKey(key: string): string {
  const near = Object.keys(NEIGHBOURS).find((name) => NEIGHBOURS[name]?.includes(key));
  if ("h?".includes(key)) return `keys: ${KEYS_TEXT}`;
  const what = /^[!-~]$/.test(key) ? `the key ${key}` : "that key";
  return near === undefined
    ? `${what} does nothing; keys: ${KEYS_TEXT}`
    : `${what} does nothing; did you mean ${near}, which ${MEANINGS[near]}? keys: ${KEYS_TEXT}`;
}
