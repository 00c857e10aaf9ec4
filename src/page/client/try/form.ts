import { h } from "../dom.ts";
import type { Issue } from "./answer.ts";
import type { Draft, FormBody, Json } from "./draft.ts";
import { isObject } from "./draft.ts";
import { fieldInput, jsonInput } from "./field_input.ts";
import { type Field, fieldsOf, otherField } from "./fields.ts";
import type { Endpoint, Schema } from "./openapi.ts";

/** What the form is for. */
export interface FormOptions {
  /** The endpoint. */
  readonly endpoint: Endpoint;
  /** The document that its schemas refer to. */
  readonly api: Schema;
  /** The body that it edits. */
  readonly draft: Draft;
  /** The names of the Executors, as suggestions for the target. */
  readonly executors: readonly string[];
  /** The endpoints, as suggestions for a body that names one. */
  readonly endpoints: readonly string[];
  /** Called after each change. */
  onChange(): void;
}

/** How many documents the form shows. */
const MAX_SHOWN = 20;

/** Draws a form for the body of a request; the body has to be one that a form can show. */
export function requestForm(options: FormOptions): HTMLElement {
  const { draft, endpoint, api } = options;
  const documentFields = fieldsOf(endpoint.document, api);
  const root = h("div", { class: "try-form" });

  const body = () => draft.body as FormBody;
  const set = (change: Json) => {
    const next = Object.entries({ ...body(), ...change }).filter(([, value]) => value !== undefined);
    draft.set(Object.fromEntries(next));
    options.onChange();
  };
  const setDocument = (index: number, document: Json) =>
    set({ data: (body().data ?? []).map((one, at) => at === index ? document : one) });
  const redraw = (focus?: string) => {
    root.replaceChildren(...parts());
    if (focus !== undefined) {
      root.querySelector<HTMLElement>(`[data-location="${CSS.escape(focus)}"]`)
        ?.querySelector<HTMLElement>("input, textarea, select, button")?.focus();
    }
  };

  const parts = () => {
    const { data = [], parameters = {} } = body();
    const first = documentFields.filter(({ required }) => required);
    return [
      ...endpoint.namesEndpoint
        ? [textWithList("execEndpoint", "Endpoint", body().execEndpoint, options.endpoints, set)]
        : [],
      ...data.slice(0, MAX_SHOWN).map((document, index) => documentPart(document, index, data.length)),
      data.length > MAX_SHOWN &&
      h("p", { class: "try-hint" }, `${data.length - MAX_SHOWN} more documents are in the JSON.`),
      h(
        "button",
        {
          type: "button",
          class: "try-add-document",
          on: {
            click: () => {
              const added = Object.fromEntries(first.map(({ name, initial }) => [name, initial]));
              set({ data: [...data, endpoint.own.document === undefined ? { text: "" } : added] });
              redraw(`data/${data.length}`);
            },
          },
        },
        "Add a document",
      ),
      parametersPart(parameters),
      textWithList("targetExecutor", "Target executor", body().targetExecutor, options.executors, set),
    ].filter((part) => part !== false);
  };

  const documentPart = (document: Json, index: number, count: number) => {
    const location = `data/${index}`;
    return h(
      "fieldset",
      { class: "try-document", data: { location } },
      h("legend", {}, `Document ${index + 1}`),
      ...objectInputs(documentFields, document, location, (next) => setDocument(index, next), redraw),
      count > 1 && h("button", {
        type: "button",
        class: "try-remove-document",
        on: {
          click: () => {
            set({ data: (body().data ?? []).filter((_, at) => at !== index) });
            redraw(`data/${Math.max(index - 1, 0)}`);
          },
        },
      }, `Remove document ${index + 1}`),
    );
  };

  const parametersPart = (parameters: Json) => {
    const change = (next: Json) => set({ parameters: next });
    const location = "parameters";
    if (endpoint.parameters !== undefined) {
      const fields = fieldsOf(endpoint.parameters, api);
      return h(
        "fieldset",
        { data: { location } },
        h("legend", {}, "Parameters"),
        ...objectInputs(fields, parameters, location, change, redraw),
      );
    }
    const problemOf = (value: unknown) => isObject(value) ? "" : "not an object";
    const area = jsonInput(
      parameters,
      { id: "try-parameters" },
      (value) => change(value as Json),
      problemOf,
    );
    return h(
      "div",
      { class: "try-field try-json", data: { location } },
      h("label", { for: area.id }, "Parameters"),
      area,
      h("span", { class: "try-hint" }, "JSON, object"),
    );
  };

  redraw();
  return root;
}

/** The inputs of an object: its fields that are there or needed, and a list of those that can be added. */
function objectInputs(
  fields: readonly Field[],
  start: Json,
  location: string,
  set: (value: Json) => void,
  redraw: (focus: string) => void,
): HTMLElement[] {
  let value = start;
  const update = (name: string, next: unknown) => {
    const { [name]: _, ...others } = value;
    const isThere = Object.hasOwn(value, name);
    // A field that is there keeps its place.
    value = next === undefined ? others : isThere ? { ...value, [name]: next } : { ...others, [name]: next };
    set(value);
  };
  const others = Object.keys(start).filter((name) => !fields.some((field) => field.name === name));
  const shown = [
    ...fields.filter(({ name, required }) => required || Object.hasOwn(start, name)),
    ...others.map(otherField),
  ];
  const rest = fields.filter((field) => !shown.includes(field));
  return [
    ...shown.map((field) => {
      const { name, required } = field;
      const remove = () => {
        update(name, undefined);
        redraw(location);
      };
      return fieldInput(field, start[name], `${location}/${name}`, {
        change: (next) => update(name, next),
        ...((!required || !fields.includes(field)) && { remove }),
        file: ({ type }) => {
          if (name !== "blob" || type === "" || !fields.some((one) => one.name === "mime_type")) return;
          update("mime_type", type);
          redraw(`${location}/blob`);
        },
      });
    }),
    ...rest.length === 0 ? [] : [
      h(
        "select",
        {
          class: "try-add-field",
          "aria-label": "Add a field",
          on: {
            change: (_, select) => {
              const field = rest[select.selectedIndex - 1];
              if (field === undefined) return;
              update(field.name, field.initial);
              redraw(`${location}/${field.name}`);
            },
          },
        },
        h("option", {}, "Add a field…"),
        ...rest.map(({ name }) => h("option", {}, name)),
      ),
    ],
  ];
}

function textWithList(
  name: string,
  label: string,
  value: unknown,
  suggestions: readonly string[],
  set: (change: Json) => void,
): HTMLElement {
  const id = `try-${name}`;
  return h(
    "div",
    { class: "try-field", data: { location: name } },
    h("label", { for: id }, label),
    h("input", {
      id,
      list: `${id}-list`,
      value: typeof value === "string" ? value : "",
      autocomplete: "off",
      spellcheck: "false",
      on: { input: (_, input) => set({ [name]: input.value === "" ? undefined : input.value }) },
    }),
    h("datalist", { id: `${id}-list` }, ...suggestions.map((one) => h("option", { value: one }))),
  );
}

/** How the ids of the texts begin that say why a field was refused. */
const ISSUE = "try-issue-";

/** Changes which texts describe an input. */
function describe(input: HTMLElement, change: (ids: readonly string[]) => readonly string[]): void {
  const ids = change((input.getAttribute("aria-describedby") ?? "").split(" ").filter((id) => id !== ""));
  input.setAttribute("aria-describedby", ids.join(" "));
}

/** Marks the fields that were refused; returns the issues that belong to none. */
export function markIssues(root: HTMLElement, issues: readonly Issue[]): Issue[] {
  for (const old of root.querySelectorAll(".try-issue")) old.remove();
  for (const input of root.querySelectorAll<HTMLElement>("[data-refused]")) {
    delete input.dataset.refused;
    input.ariaInvalid = null;
    describe(input, (ids) => ids.filter((id) => !id.startsWith(ISSUE)));
  }
  return issues.filter(({ steps, message }, index) => {
    const [part, rest] = nearest(root, steps);
    if (part === undefined) return true;
    const id = ISSUE + index;
    const text = rest.length === 0 ? message : `${rest.join(".")}: ${message}`;
    part.append(h("span", { class: "try-issue", id }, text));
    const input = part.matches("fieldset")
      ? null
      : part.querySelector<HTMLElement>("input, textarea, select");
    if (input === null) return false;
    input.dataset.refused = "";
    input.ariaInvalid = "true";
    describe(input, (ids) => [...ids, id]);
    return false;
  });
}

/** The part of the form for a field, or for what contains it, and the steps from there. */
function nearest(
  root: HTMLElement,
  steps: readonly string[],
): [part: HTMLElement | undefined, rest: readonly string[]] {
  for (let length = steps.length; length >= 0; length--) {
    const location = CSS.escape(steps.slice(0, length).join("/"));
    const part = root.querySelector<HTMLElement>(`[data-location="${location}"]`);
    if (part !== null) return [part, steps.slice(length)];
  }
  return [undefined, steps];
}
