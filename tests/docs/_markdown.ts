/** The checkout's folder, without a slash at its end. */
export const CHECKOUT = new URL("../..", import.meta.url).pathname.replace(/\/$/, "");

/** The documents that the tests read, by their paths. */
export const DOCUMENTS: readonly string[] = [
  "README.md",
  "ARCHITECTURE.md",
  "CONTRIBUTING.md",
  "CHANGELOG.md",
  "tests/README.md",
  ...markdownIn("docs"),
];

/** A fenced block of code. After the language, its info string may have words that say what the tests do with it. */
export interface Code {
  readonly kind: "code";
  /** The first word after the fence, such as `ts`. */
  readonly lang: string;
  /** The other words, such as `run` or `edit=my_executor.ts`. */
  readonly roles: readonly string[];
  readonly text: string;
}

/** The text between fenced blocks, as one line. */
export interface Prose {
  readonly kind: "prose";
  readonly text: string;
}

export type Part = Code | Prose;

/** Reads one of the project's documents. */
export function readDocument(name: string): Promise<string> {
  return Deno.readTextFile(`${CHECKOUT}/${name}`);
}

/** Splits Markdown into its fenced blocks and the text between them. */
export function partsOf(markdown: string): Part[] {
  return markdown.split(/^(```.*\n[^]*?^```)$/m).map((text) => {
    const [, info, code] = /^```(.*)\n([^]*)^```$/m.exec(text) ?? [];
    if (code === undefined) return { kind: "prose", text: text.replace(/\s+/g, " ").trim() };
    const [lang = "", ...roles] = String(info).split(" ");
    return { kind: "code", lang, roles, text: code };
  });
}

/** The blocks of code of a document. */
export function codeOf(markdown: string): Code[] {
  return partsOf(markdown).filter((part) => part.kind === "code");
}

/** The sections of a document by their heading; a `#` inside a block of code is no heading. */
export function sectionsOf(markdown: string): Map<string, Part[]> {
  const sections = new Map<string, string>();
  let heading = "";
  let fenced = false;
  for (const line of markdown.split("\n")) {
    if (line.startsWith("```")) fenced = !fenced;
    if (!fenced && /^#+ /.test(line)) heading = line.replace(/^#+ /, "");
    else sections.set(heading, `${sections.get(heading) ?? ""}${line}\n`);
  }
  return new Map([...sections].map(([heading, text]) => [heading, partsOf(text)]));
}

/** The files in blocks of code: each begins with a comment that is its name. */
export function filesOf(parts: readonly Part[]): Map<string, string> {
  const files = new Map<string, string>();
  for (const part of parts) {
    if (part.kind === "prose") continue;
    for (const text of part.text.split(/^(?=(?:\/\/|#) [\w./-]+\.(?:ts|js|yml)$)/m)) {
      const name = /^(?:\/\/|#) ([\w./-]+\.(?:ts|js|yml))$/m.exec(text)?.[1];
      if (name !== undefined) files.set(name, text);
    }
  }
  return files;
}

/** The cells of each row of the table whose heading begins with a word. */
export function tableRows(markdown: string, firstHeading: string): string[][] {
  const lines = markdown.split("\n");
  const start = lines.findIndex((line) => new RegExp(`^\\| *${firstHeading} *\\|`).test(line));
  if (start < 0) throw new Error(`There is no table with the heading "${firstHeading}"`);
  const rest = lines.slice(start + 2);
  const end = rest.findIndex((line) => !line.startsWith("|"));
  return rest.slice(0, end < 0 ? undefined : end).map((line) =>
    line.replace(/^\||\|$/g, "").split("|").map((cell) => cell.trim())
  );
}

/** The texts between backticks in a document's prose. */
export function codesOf(markdown: string): string[] {
  return partsOf(markdown).flatMap((part) => part.kind === "prose" ? codesIn(part.text) : []);
}

/** The texts between backticks. */
export function codesIn(text: string): string[] {
  return [...text.matchAll(/`([^`]+)`/g)].map(([, code]) => code);
}

function markdownIn(folder: string): string[] {
  return [...Deno.readDirSync(`${CHECKOUT}/${folder}`)].flatMap(({ name, isDirectory }) => {
    const path = `${folder}/${name}`;
    if (isDirectory) return markdownIn(path);
    return name.endsWith(".md") ? [path] : [];
  }).sort();
}
