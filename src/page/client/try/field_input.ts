import { h } from "../dom.ts";
import { type Field, kindFor } from "./fields.ts";

/** What an input tells the form. */
export interface FieldEvents {
  /** The value was changed; `undefined` leaves the field out. */
  change(value: unknown): void;
  /** The field is taken out of the form; left out for a field that is always there. */
  readonly remove?: () => void;
  /** A file was chosen for it. */
  file?(file: File): void;
}

/** The largest file that fits into a body, as base64 with the default `bodyLimit`. */
const MAX_FILE = 24 * 2 ** 20;

let made = 0;

/**
 * Makes the label and the input of a field.
 *
 * @param value The value; `undefined` when the field is not set.
 * @param location The steps to the field in the body, joined by `/`.
 */
export function fieldInput(field: Field, value: unknown, location: string, events: FieldEvents): HTMLElement {
  const id = `try-field-${++made}`;
  const kind = kindFor(field, value);
  const hint = field.hint === "" ? null : h("span", { class: "try-hint", id: `${id}-hint` }, field.hint);
  const input = inputOf(kind, field, value, id, hint !== null, events);
  const { remove } = events;
  return h(
    "div",
    { class: `try-field try-${kind}`, data: { location } },
    h("label", { for: id }, field.name, field.required && h("span", { class: "try-hint" }, " (required)")),
    remove && h(
      "button",
      { type: "button", class: "try-remove", "aria-label": `Remove ${field.name}`, on: { click: remove } },
      "×",
    ),
    input,
    hint,
  );
}

function inputOf(
  kind: ReturnType<typeof kindFor>,
  field: Field,
  value: unknown,
  id: string,
  isDescribed: boolean,
  events: FieldEvents,
): HTMLElement {
  const { change } = events;
  const isSet = value !== undefined;
  const own = {
    id,
    placeholder: isSet ? undefined : "not set",
    ...(isDescribed && { "aria-describedby": `${id}-hint` }),
  };
  switch (kind) {
    case "number":
      return h("input", {
        ...own,
        ...field.limits,
        type: "number",
        value: isSet ? String(value) : "",
        on: { input: (_, input) => change(input.value === "" ? undefined : input.valueAsNumber) },
      });
    case "boolean":
      return h("input", {
        ...own,
        type: "checkbox",
        checked: value === true,
        on: { change: (_, input) => change(input.checked) },
      });
    case "choice": {
      const choices = isSet ? field.choices : [undefined, ...field.choices];
      return h(
        "select",
        { ...own, on: { change: (_, select) => change(choices[select.selectedIndex]) } },
        ...choices.map((choice) =>
          h("option", { selected: choice === value }, choice === undefined ? "not set" : String(choice))
        ),
      );
    }
    case "file":
      return fileInput(isSet ? String(value) : "", own, events);
    case "text": {
      const text = isSet ? String(value) : "";
      return h(
        "textarea",
        {
          ...own,
          rows: rowsOf(text),
          spellcheck: "false",
          on: { input: (_, area) => change(area.value) },
        },
        text,
      );
    }
    case "json":
      return jsonInput(value, own, change);
  }
}

/** A text with any JSON value; the form keeps the last valid one. */
export function jsonInput(
  value: unknown,
  attributes: Record<string, unknown>,
  change: (value: unknown) => void,
  problemOf: (value: unknown) => string = () => "",
): HTMLTextAreaElement {
  const line = JSON.stringify(value) ?? "";
  const isVector = Array.isArray(value) && typeof value[0] === "number";
  const text = line.length <= 80 || isVector ? line : JSON.stringify(value, null, 1);
  return h(
    "textarea",
    {
      ...attributes,
      rows: rowsOf(text),
      spellcheck: "false",
      on: {
        input: (_, area) => {
          let problem: string;
          try {
            const parsed = JSON.parse(area.value);
            problem = problemOf(parsed);
            if (problem === "") change(parsed);
          } catch (error) {
            problem = `not JSON: ${(error as Error).message}`;
          }
          area.setCustomValidity(problem);
          area.ariaInvalid = problem === "" ? null : "true";
          area.title = problem;
        },
      },
    },
    text,
  );
}

/** The rows of a text, where a browser cannot let it grow. */
function rowsOf(text: string): number {
  return Math.min(text.split("\n").length, 12);
}

function fileInput(value: string, own: Record<string, unknown>, { change, file }: FieldEvents): HTMLElement {
  const state = h("span", { class: "try-hint" }, value === "" ? "" : sizeText(value));
  return h(
    "span",
    { class: "try-file" },
    h("input", {
      ...own,
      type: "file",
      on: {
        change: async (_, input) => {
          const [chosen] = input.files ?? [];
          if (chosen === undefined) return;
          const fits = chosen.size <= MAX_FILE;
          state.textContent = fits ? "…" : `${chosen.name} is too large: more than 24 MiB`;
          if (!fits) return;
          const base64 = await base64Of(chosen);
          state.textContent = `${sizeText(base64)}, ${chosen.name}`;
          change(base64);
          file?.(chosen);
        },
      },
    }),
    state,
  );
}

/** How many bytes a base64 text has. */
export function bytesIn(base64: string): number {
  const { length } = base64.replace(/=+$/, "");
  return Math.floor(length * 3 / 4);
}

function sizeText(base64: string): string {
  return `${bytesIn(base64).toLocaleString("en")} bytes`;
}

/** Encodes a file as base64. */
function base64Of(file: Blob): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const reader = new FileReader();
  reader.onload = () => resolve(String(reader.result).replace(/^[^,]*,/, ""));
  reader.onerror = () => reject(reader.error);
  reader.readAsDataURL(file);
  return promise;
}
