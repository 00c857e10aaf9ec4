/** The keys of a terminal. @module */
import { onKeys } from "../runtime/terminal.ts";

/** What the keys do. */
export interface KeyActions {
  /** Loads everything again; with `isFresh`, in new workers. */
  reload(isFresh: boolean): void;
  /** Opens the page. */
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

/** What each key does, and its neighbours on common keyboards: a typo presses one of those. */
const KEYS = [
  { name: "r", does: "reloads all", neighbours: "etdfg45" },
  { name: "R", does: "reloads all in new workers", neighbours: "ETDFG$%" },
  { name: "o", does: "opens the page", neighbours: "ipkl90" },
  { name: "q", does: "quits", neighbours: "waszß12" },
];

/** The keys, for the banner, and for the message about any other key. */
export const KEYS_TEXT: string = KEYS.map(({ name, does }) => `${name} ${does}`).join(", ");

const CTRL_C = "\x03";
const CTRL_D = "\x04";
const ESCAPE = "\x1b";

/** Listens to keys until the returned function is called. */
export function listenToKeys(actions: KeyActions): () => void {
  return onKeys((pressed) => act(pressed, actions), () => actions.hangUp());
}

/** Does what a key does. */
export function act(pressed: string, actions: KeyActions): void {
  const key = pressed.toLowerCase();
  if (key === "r") actions.reload(pressed === "R");
  else if (key === "o") actions.open();
  else if (key === "q" || key === CTRL_D) actions.quit();
  else if (key === CTRL_C) actions.interrupt();
  else if (/^[\r\n]+$/.test(key)) actions.say("");
  else if ([...key].length > 1 && !key.startsWith(ESCAPE)) {
    actions.say(`what was pasted is ignored; keys: ${KEYS_TEXT}`);
  } else actions.say(otherKey(pressed));
}

/** The message about a key that does nothing. */
export function otherKey(key: string): string {
  if ("hH?".includes(key)) return `keys: ${KEYS_TEXT}`;
  const nextTo = (key: string) => KEYS.find(({ neighbours }) => neighbours.includes(key));
  const near = nextTo(key) ?? nextTo(key.toLowerCase());
  const hint = near === undefined ? "" : ` did you mean ${near.name}, which ${near.does}?`;
  const what = /^[!-~]$/.test(key) ? `the key ${key}` : "that key";
  return `${what} does nothing;${hint} keys: ${KEYS_TEXT}`;
}
