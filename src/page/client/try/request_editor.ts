import { h } from "../dom.ts";
import type { Issue } from "./answer.ts";
import { Draft } from "./draft.ts";
import { markIssues, requestForm } from "./form.ts";
import type { Endpoint, Schema } from "./openapi.ts";
import type { TryRequest } from "./send.ts";

/** A longer body cannot be edited as text: an editor of a browser would be too slow. */
const MAX_EDITED = 1_000_000;

/** What the editor tells and asks. */
export interface EditorEvents {
  /** The request has changed. */
  change(): void;
  /** The names of the Executors. */
  executors(): readonly string[];
  /** The endpoints that are bound. */
  endpoints(): readonly string[];
}

/** Edits the request of the chosen endpoint, as a form or as JSON. */
export class RequestEditor {
  /** Its element. */
  readonly element: HTMLElement;
  readonly #title = h("h3", { class: "try-title" });
  readonly #summary = h("p", { class: "try-hint" });
  readonly #note = h("p", { class: "try-hint" });
  readonly #body = h("div", { id: "try-body" });
  readonly #schemas = h("details", { id: "try-schemas" }, h("summary", {}, "Schemas"));
  readonly #modes = h("fieldset", { class: "try-choice" }, h("legend", {}, "Body"));
  readonly #stream = h("input", {
    type: "checkbox",
    id: "try-stream",
    checked: true,
    on: { change: () => this.events.change() },
  });
  readonly #drafts = new Map<string, Draft>();
  #endpoint: Endpoint | undefined;
  #api: Schema = {};
  #mode: "form" | "json" = "form";
  /** What the form was drawn from. */
  #drawn = "";

  constructor(private readonly events: EditorEvents) {
    this.#modes.append(this.#modeInput("form", "Form"), this.#modeInput("json", "JSON"));
    this.element = h(
      "div",
      { class: "try-request" },
      this.#title,
      this.#summary,
      this.#modes,
      this.#note,
      this.#body,
      this.#schemas,
    );
  }

  /** The choice whether documents are shown as they come. */
  get streamChoice(): HTMLElement {
    return h("label", {}, this.#stream, "Show documents as they come");
  }

  /** The request as it is now; `undefined` without an endpoint. */
  get request(): TryRequest | undefined {
    const { key, example, hasDocuments } = this.#endpoint ?? {};
    if (key === undefined) return undefined;
    const stream = hasDocuments === true && this.#stream.checked;
    return { key, stream, ...(example !== undefined && { body: this.#draftOf(key).text }) };
  }

  /** The requests that a person has written. */
  get edited(): TryRequest[] {
    const { stream } = this;
    return [...this.#drafts].filter(([, { edited }]) => edited)
      .map(([key, { text }]) => ({ key, body: text, stream }));
  }

  /** Whether documents are asked for as a stream. */
  get stream(): boolean {
    return this.#stream.checked;
  }

  set stream(isStream: boolean) {
    this.#stream.checked = isStream;
  }

  /** The first input whose text cannot be used. */
  get invalid(): HTMLTextAreaElement | undefined {
    return [...this.#body.querySelectorAll("textarea")].find(({ validity }) => validity.customError);
  }

  /** Shows an endpoint, also after its schemas have changed. What a person wrote for it stays. */
  show(endpoint: Endpoint, api: Schema): void {
    const { key, method, name, summary, example, own, hasDocuments } = endpoint;
    const drawn = JSON.stringify([key, own, this.#draftOf(key).edited ? "" : example]);
    const isNew = drawn !== this.#drawn || this.#endpoint?.key !== key;
    this.#endpoint = endpoint;
    this.#api = api;
    this.#summary.textContent = summary;
    this.#stream.disabled = !hasDocuments;
    if (!isNew) return;
    this.#drawn = drawn;
    if (!this.#draftOf(key).edited) this.#drafts.set(key, new Draft(example));
    this.#title.replaceChildren(
      h("span", { class: `try-method try-${method.toLowerCase()}` }, method),
      " ",
      h("code", {}, name),
    );
    this.#schemas.hidden = Object.keys(own).length === 0;
    this.#schemas.querySelector("pre")?.remove();
    this.#schemas.append(h("pre", { tabindex: "0", "aria-label": "Schemas" }, JSON.stringify(own, null, 2)));
    this.#draw();
  }

  /** Puts a request in the place of the one that is edited; its endpoint has to be shown next. */
  restore({ key, body, stream }: TryRequest): void {
    if (body !== undefined) {
      const draft = Draft.of(body);
      draft.edited = true;
      this.#drafts.set(key, draft);
    }
    this.stream = stream;
    this.#drawn = "";
  }

  /** Marks the fields that were refused; returns the issues that belong to none. */
  mark(issues: readonly Issue[]): Issue[] {
    return markIssues(this.#body, issues);
  }

  #draftOf(key: string): Draft {
    const there = this.#drafts.get(key);
    if (there !== undefined) return there;
    const made = new Draft();
    this.#drafts.set(key, made);
    return made;
  }

  #draw(): void {
    const endpoint = this.#endpoint;
    const isEmpty = endpoint?.example === undefined;
    this.#modes.hidden = this.#body.hidden = isEmpty;
    this.#note.textContent = "";
    if (endpoint === undefined || isEmpty) return this.#body.replaceChildren();
    const focus = document.activeElement?.closest<HTMLElement>("[data-location]")?.dataset.location;
    const draft = this.#draftOf(endpoint.key);
    const problem = typeof draft.body === "string" ? draft.body : "";
    const isForm = this.#mode === "form" && problem === "";
    if (this.#mode === "form" && !isForm) this.#note.textContent = `No form can show this body: ${problem}.`;
    this.#body.replaceChildren(isForm ? this.#form(endpoint, draft) : this.#area(draft));
    for (const input of this.#modes.querySelectorAll("input")) {
      input.checked = (input.value === "form") === isForm;
    }
    if (focus === undefined) return;
    const part = this.#body.querySelector<HTMLElement>(`[data-location="${CSS.escape(focus)}"]`);
    part?.querySelector<HTMLElement>("input, textarea, select")?.focus();
  }

  #form(endpoint: Endpoint, draft: Draft): HTMLElement {
    const { change, executors, endpoints } = this.events;
    return requestForm({
      endpoint,
      api: this.#api,
      draft,
      executors: executors(),
      endpoints: endpoints(),
      onChange: change,
    });
  }

  #area(draft: Draft): HTMLElement {
    const { text } = draft;
    if (text.length > MAX_EDITED) {
      return h(
        "p",
        {},
        `The body has ${text.length.toLocaleString("en")} characters, too many to edit here.`,
      );
    }
    const area = h("textarea", {
      id: "try-json",
      rows: 12,
      spellcheck: "false",
      on: {
        input: (_, own) => {
          draft.text = own.value;
          draft.edited = true;
          this.events.change();
        },
      },
    }, text);
    const label = h("label", { for: "try-json" }, "Request, JSON");
    return h("div", { class: "try-field", data: { location: "" } }, label, area);
  }

  #modeInput(mode: "form" | "json", label: string): HTMLElement {
    const change = () => {
      this.#mode = mode;
      this.#draw();
    };
    return h(
      "label",
      {},
      h("input", { type: "radio", name: "try-mode", value: mode, on: { change } }),
      label,
    );
  }
}
