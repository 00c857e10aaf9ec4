import { clock } from "../format.ts";
import type { Live, PageEvent, PageEventOf } from "../store.ts";

type Status = NonNullable<Live["status"]>;

/** A place in a file. */
export interface Place {
  readonly file: string;
  readonly line?: number;
  readonly column?: number;
}

/** Something that is wrong, as the overlay shows it. */
export interface Problem {
  /** Names it among all. */
  readonly key: string;
  readonly title: string;
  /** The name of the error's class. */
  readonly name?: string;
  readonly message: string;
  readonly causes: readonly string[];
  readonly place?: Place;
  readonly snippet?: string;
  /** Since when, as an ISO 8601 text. */
  readonly since: string;
  /** What serves meanwhile. */
  readonly meanwhile?: string;
  /** Everything that is wrong in a file, each with its place. */
  readonly details: readonly { readonly text: string; readonly place: Place }[];
}

/** How many errors make an Executor one that keeps throwing. */
const REPEATED = 2;

type ErrorStatus = NonNullable<PageEventOf<"load">["error"]>;

/** What is wrong now: failed loads, the Flow's YAML, and Executors that serve badly. */
export class Problems {
  readonly #problems = new Map<string, Problem>();

  /** What is wrong, the newest first. */
  get all(): readonly Problem[] {
    return [...this.#problems.values()].filter((one) => !this.#isSaid(one)).sort((a, b) =>
      a.since < b.since ? 1 : a.since > b.since ? -1 : 0
    );
  }

  /** An Executor that is left down has its reason as the error of its last load, too. */
  #isSaid({ key, message }: Problem): boolean {
    if (!key.startsWith("load ")) return false;
    return this.#problems.get(key.replace("load", "down"))?.message.includes(message) === true;
  }

  /** Takes an event; returns whether it concerns problems. */
  take(event: PageEvent, status: Live["status"]): boolean {
    switch (event.kind) {
      case "hello":
        this.#problems.clear();
        this.#takeStatus(event.status);
        for (const trouble of event.troubles) this.#takeTrouble(trouble);
        return true;
      case "status":
        this.#takeStatus(event.status);
        return true;
      case "deployment":
        this.#takeDeployment(event.deployment, status);
        return true;
      case "load":
        this.#set(loadKey(event.deployment), event.error && { ...event.error, at: event.at }, {
          title: `${event.deployment} could not be loaded`,
          meanwhile: meanwhileOf(event.deployment, status),
        });
        return true;
      case "reverted":
        return this.#problems.delete(loadKey(event.deployment));
      case "trouble":
        this.#takeTrouble(event);
        return true;
      default:
        return false;
    }
  }

  #takeStatus(status: Status): void {
    const names = status.deployments.map(({ name }) => name);
    for (const key of this.#problems.keys()) {
      if (key !== YAML && !names.includes(key.slice(key.indexOf(" ") + 1))) this.#problems.delete(key);
    }
    for (const deployment of status.deployments) this.#takeDeployment(deployment, status);
    const { lastError, yaml = "" } = status;
    this.#set(YAML, lastError ?? undefined, {
      title: "The changes of the Flow's YAML cannot be applied",
      meanwhile: "the Flow serves unchanged",
      // The one that is shown in full is not listed again.
      details: (lastError?.problems ?? []).filter((one) =>
        one.message !== lastError?.message || one.line !== lastError.line
      ).map(({ path, message, file, line, column }) => ({
        text: path === "" ? message : `${path}: ${message}`,
        place: { file: file ?? yaml, line, column },
      })),
    });
  }

  #takeDeployment({ name, lastError }: Status["deployments"][number], status: Live["status"]): void {
    this.#set(loadKey(name), lastError ?? undefined, {
      title: `${name} could not be loaded`,
      meanwhile: meanwhileOf(name, status),
    });
  }

  #takeTrouble({ deployment, what, since, count, over, message, error }: PageEventOf<"trouble">): void {
    const isOver = over || (what === "throws" && count < REPEATED);
    const times = count > 1 ? `, ${count} times` : "";
    this.#set(`${what} ${deployment}`, isOver ? undefined : { name: "", message, ...error, at: since }, {
      title: `${deployment} ${WORDS[what]}${times}`,
    });
  }

  #set(
    key: string,
    error: ErrorStatus & { readonly at: string } | undefined,
    rest: Pick<Problem, "title" | "meanwhile"> & Partial<Pick<Problem, "details">>,
  ): void {
    if (error === undefined) {
      this.#problems.delete(key);
      return;
    }
    const [message, ...causes] = error.message.split("; caused by: ");
    const { file, line, column, name, snippet, at } = error;
    const before = this.#problems.get(key);
    // The same again is not new: a YAML that cannot be applied is tried again with each save.
    const isSame = before?.message === message && before.place?.line === line;
    this.#problems.set(key, {
      key,
      details: [],
      ...rest,
      name,
      message,
      causes,
      snippet,
      since: isSame ? before.since : at,
      ...(file !== undefined && { place: { file, line, column } }),
    });
  }
}

const YAML = "yaml";

function loadKey(deployment: string): string {
  return `load ${deployment}`;
}

const WORDS: Readonly<Record<PageEventOf<"trouble">["what"], string>> = {
  throws: "keeps throwing",
  stuck: "is stuck: a handler does not yield",
  died: "lost a worker",
  down: "is down",
};

/** Which version serves while the newest cannot, and since when. */
function meanwhileOf(name: string, status: Live["status"]): string | undefined {
  const deployment = status?.deployments.find((other) => other.name === name);
  if (deployment === undefined) return undefined;
  const { version, history, state } = deployment;
  if (version === null || state === "down") return "nothing serves its requests";
  const since = history.findLast((load) => load.version === version && load.error === undefined)?.at;
  return `version ${version} serves${since === undefined ? "" : `, since ${clock(since)}`}`;
}

/** Whether two lists of problems say the same. */
export function isSame(a: readonly Problem[], b: readonly Problem[]): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}

/** The place as text: `/app/a.ts:4:9`. */
export function placeText({ file, line, column }: Place): string {
  return [file, line, column].filter((part) => part !== undefined).join(":");
}

/** The address that opens a place in an editor; `undefined` when the template is no address of an editor. */
export function editorLink(template: string, { file, line = 1, column = 1 }: Place): string | undefined {
  if (!/^[a-z][a-z0-9+.-]*:/i.test(template) || /^(?:javascript|data|vbscript|blob):/i.test(template)) {
    return undefined;
  }
  const path = file.replaceAll("\\", "/").split("/").map(encodeURIComponent).join("/").replace(
    /^([A-Za-z])%3A/,
    "$1:",
  );
  return template.replace("/{path}", path.startsWith("/") ? "{path}" : "/{path}")
    .replace("{path}", () => path).replace("{line}", String(line)).replace("{column}", String(column));
}
