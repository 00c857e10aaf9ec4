/** The exchanges recorded from the real Jina 3.12, and how one is asked again. */

/** The Flows behind the recordings. */
export type FlowName = "A" | "B" | "C" | "D" | "E" | "F" | "G";

/** An answer, as far as it is compared. */
export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** The body, when it is JSON. */
  readonly json?: unknown;
  /** The body, when it is not. */
  readonly text?: string;
}

/** One exchange. */
export interface Recorded {
  readonly name: string;
  readonly flow: FlowName;
  readonly request: {
    readonly method: string;
    readonly path: string;
    readonly headers: Readonly<Record<string, string>>;
    readonly body: string | null;
  };
  readonly response: Answer;
}

const FOLDER = new URL("recorded/", import.meta.url);

/** All of them, by name. */
export const RECORDINGS: readonly Recorded[] = [...Deno.readDirSync(FOLDER)]
  .map(({ name }): Recorded => JSON.parse(Deno.readTextFileSync(new URL(name, FOLDER))))
  .sort((a, b) => a.name < b.name ? -1 : 1);

/** Asks what was asked then. */
export async function replay({ request }: Recorded, origin: string): Promise<Answer> {
  const { method, path, headers, body } = request;
  const response = await fetch(origin + path, {
    method,
    headers,
    redirect: "manual",
    // Bytes: for text `fetch` would add a content type.
    ...(body !== null && { body: new TextEncoder().encode(body) }),
  });
  const text = await response.text();
  const json = response.headers.get("content-type")?.startsWith("application/json");
  return {
    status: response.status,
    headers: Object.fromEntries(response.headers),
    ...(json ? { json: JSON.parse(text) } : { text }),
  };
}
