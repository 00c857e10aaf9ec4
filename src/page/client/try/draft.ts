/** A JSON object. */
export type Json = Record<string, unknown>;

/** A body that the form can show. */
export interface FormBody extends Json {
  readonly data?: readonly Json[];
  readonly parameters?: Json;
}

/** Whether a JSON value is an object. */
export function isObject(value: unknown): value is Json {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The body of a request while it is edited, by the form as an object, or by hand as a text. */
export class Draft {
  #text: string | undefined;
  #body: FormBody | undefined;
  /** Whether a person has changed it: it then no longer follows the example. */
  edited = false;

  /** @param body The first body. */
  constructor(body: Json = {}) {
    this.#body = body;
  }

  /** A draft with a text. */
  static of(text: string): Draft {
    const draft = new Draft();
    draft.text = text;
    return draft;
  }

  /** The text that is sent. */
  get text(): string {
    return this.#text ??= JSON.stringify(this.#body, null, 2);
  }

  set text(text: string) {
    this.#text = text;
    this.#body = undefined;
  }

  /** The body as the form shows it, or why it cannot. */
  get body(): FormBody | string {
    if (this.#body !== undefined) return this.#body;
    const body = readBody(this.text);
    if (typeof body !== "string") this.#body = body;
    return body;
  }

  /** Replaces the body. */
  set(body: FormBody): void {
    this.#body = body;
    this.#text = undefined;
    this.edited = true;
  }
}

function readBody(text: string): FormBody | string {
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch (error) {
    return `it is not JSON: ${(error as Error).message}`;
  }
  if (!isObject(body)) return "it is not a JSON object";
  const { data, parameters } = body;
  if (data !== undefined && !(Array.isArray(data) && data.every(isObject))) {
    return "`data` is not a list of documents";
  }
  return parameters === undefined || isObject(parameters)
    ? body as FormBody
    : "`parameters` is not an object";
}
