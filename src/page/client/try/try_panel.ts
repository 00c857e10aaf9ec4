import { addressOf } from "../address.ts";
import { h } from "../dom.ts";
import type { Live } from "../store.ts";
import { type Answer, issuesOf } from "./answer.ts";
import { answerView, explain, isGood, statusText } from "./answer_view.ts";
import { CodeView } from "./code_view.ts";
import { EndpointList } from "./endpoint_list.ts";
import { KeptState } from "./kept_state.ts";
import { latest } from "./latest.ts";
import { LiveFacts } from "./live_facts.ts";
import { hashOf, keyOf } from "./link.ts";
import { type Endpoint, endpointsOf, type Schema } from "./openapi.ts";
import { RecentRequests } from "./recent.ts";
import { recentView } from "./recent_view.ts";
import { RequestEditor } from "./request_editor.ts";
import { Resender } from "./resend.ts";
import { resendView } from "./resend_view.ts";
import { send, type TryRequest } from "./send.ts";
import { codeRequest } from "./snippets.ts";
import { StreamView } from "./stream_view.ts";

/** Makes the part of the page in which requests are written, sent, and sent again after every reload. */
export function tryPanel(live: Live): HTMLElement {
  return new TryPanel(live).element;
}

/** What the address has after `/docs` has led to it. */
const FORMER = "?try";

class TryPanel {
  readonly element: HTMLElement;
  readonly #list = new EndpointList((key) => this.#choose(key, true));
  readonly #editor: RequestEditor;
  readonly #code: CodeView;
  readonly #recent = new RecentRequests();
  readonly #kept = new KeptState(addressOf(""));
  readonly #resender: Resender;
  readonly #facts: LiveFacts;
  readonly #parts = partsOf();
  #api: Schema = {};
  /** The text that it was read from. */
  #known = "";
  #endpoints = new Map<string, Endpoint>();
  #current = "";
  #sending: AbortController | undefined;

  constructor(private readonly live: Live) {
    if (location.search === FORMER) {
      const key = keyOf(location.hash);
      history.replaceState(null, "", location.pathname + (key === undefined ? "#try" : hashOf(key)));
    }
    this.#editor = new RequestEditor({
      change: () => this.#changed(),
      executors: () => live.status?.deployments.map(({ name }) => name) ?? [],
      endpoints: () => this.#bound,
    });
    this.#code = new CodeView(() => {
      const { request } = this.#editor;
      const names = this.#bound.includes("default") ? [...this.#endpoints.values()] : [];
      return request && codeRequest(request, [...this.#bound, ...names.map(({ path }) => path)]);
    });
    this.#resender = new Resender(send, (resent) => {
      const { resent: part, resentSection } = this.#parts;
      resentSection.hidden = false;
      part.replaceChildren(resendView(resent, this.#facts));
      if (this.#isShown(resent.request)) this.#show(resent.answer, resent.request);
    });
    const load = latest(() => this.#load());
    this.#facts = new LiveFacts(load, (cause) => this.#resender.again(cause));
    this.element = this.#layout();
    this.#listen(load);
    this.#drawRecent();
  }

  #layout(): HTMLElement {
    const { send, cancel, again, status, progress, answer, recent, resentSection } = this.#parts;
    send.addEventListener("click", () => void this.#send());
    cancel.addEventListener("click", () => this.#sending?.abort());
    again.addEventListener("change", () => this.#pin(again.checked ? this.#editor.request : undefined));
    const bar = h(
      "div",
      { class: "try-bar" },
      send,
      cancel,
      status,
      progress,
      this.#editor.streamChoice,
      h("label", {}, again, "Send again after every reload"),
    );
    const main = h(
      "div",
      { class: "try-main" },
      this.#editor.element,
      bar,
      h(
        "div",
        { class: "try-outcome" },
        resentSection,
        h("section", { "aria-label": "Answer" }, answer),
      ),
      this.#code.element,
      h("section", {}, h("h3", {}, "Last requests"), recent),
    );
    return h("div", { class: "try" }, this.#list.element, main);
  }

  #listen(load: () => void): void {
    this.element.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey)) return;
      event.preventDefault();
      void this.#send();
    });
    addEventListener("hashchange", () => this.#follow());
    addEventListener("pagehide", () => this.#keep());
    // A hidden tab that the browser discards is not told so.
    document.addEventListener("visibilitychange", () => document.hidden && this.#keep());
    let wasAway = false;
    this.live.onState((state) => {
      if (state === "connecting") return;
      if (state === "open" && wasAway) load();
      wasAway = state !== "open";
    });
    this.live.on((event) => {
      this.#facts.take(event);
      if (event.kind === "trouble") explain(this.element, this.#facts);
    });
    load();
  }

  /** Reads what the Flow answers now. */
  async #load(): Promise<void> {
    let text: string;
    try {
      const response = await fetch(addressOf("openapi.json"), { cache: "no-store" });
      if (!response.ok) throw new Error(String(response.status));
      text = await response.text();
    } catch {
      return this.#list.say("The Flow does not answer.");
    }
    this.#list.say("");
    if (text === this.#known) return;
    this.#known = text;
    this.#api = JSON.parse(text);
    const isFirst = this.#endpoints.size === 0;
    this.#endpoints = new Map(endpointsOf(this.#api).map((endpoint) => [endpoint.key, endpoint]));
    const wanted = [this.#current, ...isFirst ? [keyOf(location.hash), this.#recall()] : [], "POST /post"];
    const key = wanted.find((one) => one !== undefined && this.#endpoints.has(one));
    this.#choose(key ?? [...this.#endpoints.keys()][0] ?? "");
    if (isFirst && keyOf(location.hash) !== undefined) this.element.scrollIntoView();
  }

  /** Keeps what was chosen and written, for the page when it is loaded again. */
  #keep(): void {
    // Until the endpoints are known, what was kept before still waits for them.
    if (this.#endpoints.size === 0) return;
    const { edited, stream } = this.#editor;
    const { pinned } = this.#resender;
    this.#kept.write({ key: this.#current, stream, edited, ...pinned && { pinned } });
  }

  /** Takes what was kept, as far as its endpoints are still there; returns the key of the chosen one. */
  #recall(): string | undefined {
    const { key, stream, edited = [], pinned } = this.#kept.read() ?? {};
    for (const request of edited) if (this.#endpoints.has(request.key)) this.#editor.restore(request);
    if (stream !== undefined) this.#editor.stream = stream;
    if (pinned !== undefined && this.#endpoints.has(pinned.key)) {
      this.#pin(pinned, "after the page was loaded again");
    }
    return key;
  }

  /** Chooses the endpoint that the address names. */
  #follow(): void {
    const key = keyOf(location.hash);
    if (key === undefined || !this.#endpoints.has(key)) return;
    this.#choose(key);
    this.element.scrollIntoView();
  }

  /** @param isLinked Whether the address shall name it. */
  #choose(key: string, isLinked = false): void {
    const endpoint = this.#endpoints.get(key);
    this.#list.show(this.#endpoints.values(), key);
    if (endpoint === undefined) return;
    if (key !== this.#current) this.#clear();
    this.#current = key;
    this.#editor.show(endpoint, this.#api);
    if (isLinked) {
      history.replaceState(null, "", hashOf(key));
      this.#editor.element.scrollIntoView({ block: "nearest" });
    }
    this.#changed();
  }

  #clear(): void {
    this.#sending?.abort();
    const { status, progress, answer } = this.#parts;
    status.textContent = progress.textContent = "";
    answer.replaceChildren();
  }

  /** The endpoints that are bound. */
  get #bound(): string[] {
    return [...new Set(this.live.status?.deployments.flatMap(({ endpoints }) => endpoints) ?? [])];
  }

  #changed(): void {
    // The text of a large body is only made when it is needed.
    const request = this.#resender.pinned && this.#editor.request;
    this.#parts.again.checked = request !== undefined && this.#resender.has(request);
    this.#code.update();
  }

  #isShown(request: TryRequest): boolean {
    const { request: own } = this.#editor;
    return own !== undefined && this.#sending === undefined && this.#resender.has(own) &&
      this.#resender.has(request);
  }

  async #send(): Promise<void> {
    const { request, invalid } = this.#editor;
    if (request === undefined || this.#sending !== undefined) return;
    const { send: button, cancel, status, progress, answer: part } = this.#parts;
    if (invalid !== undefined) {
      invalid.focus();
      status.className = "try-bad";
      status.textContent = `Cannot send the request: a field is ${invalid.title}`;
      return;
    }
    const own = this.#sending = new AbortController();
    button.disabled = true;
    cancel.hidden = false;
    status.className = "";
    status.textContent = "Sending";
    const stream = new StreamView(part, progress);
    const answer = await send(request, own.signal, (docs) => stream.show(docs));
    stream.end();
    this.#sending = undefined;
    button.disabled = false;
    cancel.hidden = true;
    this.#recent.add({
      ...request,
      ms: answer.ms,
      at: answer.at,
      ...answer.status !== undefined && { status: answer.status },
    });
    this.#drawRecent();
    if (this.#editor.request?.key === request.key) this.#show(answer, request);
  }

  #show(answer: Answer, { key }: TryRequest): void {
    const { status, progress, answer: part } = this.#parts;
    progress.textContent = "";
    status.className = isGood(answer) ? "try-good" : "try-bad";
    status.textContent = statusText(answer);
    const issues = key === this.#current ? this.#editor.mark(issuesOf(answer)) : issuesOf(answer);
    part.replaceChildren(answerView(answer, issues, this.#facts));
  }

  #pin(request: TryRequest | undefined, cause?: string): void {
    this.#resender.pin(request, cause);
    if (request === undefined) this.#parts.resentSection.hidden = true;
    this.#changed();
    this.#drawRecent();
  }

  #drawRecent(): void {
    const { recent } = this.#parts;
    const focused = recent.contains(document.activeElement);
    recent.replaceChildren(recentView(this.#recent.all, {
      restore: (one) => this.#restore(one),
      pin: (one) => this.#pin(one),
      clear: () => {
        this.#recent.clear();
        this.#drawRecent();
      },
      isPinned: (one) => this.#resender.has(one),
    }));
    if (focused) recent.querySelector<HTMLElement>("[aria-pressed=true], button")?.focus();
  }

  #restore(request: TryRequest): void {
    if (!this.#endpoints.has(request.key)) {
      this.#parts.status.textContent = `${request.key} is not there any more`;
      return;
    }
    this.#editor.restore(request);
    this.#choose(request.key, true);
  }
}

/** The elements of the panel that change. */
function partsOf() {
  const resent = h("div", { "aria-live": "polite" });
  return {
    send: h("button", { type: "button", id: "try-send", class: "try-primary" }, "Send"),
    cancel: h("button", { type: "button", id: "try-cancel", hidden: true }, "Cancel"),
    again: h("input", { type: "checkbox", id: "try-again" }),
    status: h("output", { id: "try-status" }),
    progress: h("span", { id: "try-progress", class: "try-hint" }),
    answer: h("div", { id: "try-answer" }),
    recent: h("div", { id: "try-recent" }),
    resent,
    resentSection: h(
      "section",
      { id: "try-resent", hidden: true },
      h("h3", {}, "After the last reload"),
      resent,
    ),
  };
}
