import { runtime } from "../runtime/mod.ts";

/** How known editors open a place. */
const EDITORS: Readonly<Record<string, string>> = {
  ...Object.fromEntries(
    ["vscode", "vscode-insiders", "vscodium", "cursor", "windsurf", "zed"].map((name) =>
      [name, `${name}://file/{path}:{line}:{column}`] as const
    ),
  ),
  ...Object.fromEntries(
    ["idea", "webstorm", "phpstorm", "pycharm"].map((name) =>
      [name, `${name}://open?file={path}&line={line}&column={column}`] as const
    ),
  ),
  textmate: "txmt://open?url=file://{path}&line={line}&column={column}",
};

/** Schemes that no editor has: a link with one of them would lead elsewhere, or run in the page. */
const FOREIGN =
  /^(?:javascript|vbscript|data|blob|file|filesystem|about|view-source|https?|wss?|ftps?|mailto|tel|sms|intent|chrome|ms-\w+):/i;

/** How a place in a file is opened, and what is wrong with the choice. */
export interface EditorChoice {
  /** A link in which `{path}`, `{line}` and `{column}` are to be filled in. */
  readonly template: string;
  readonly warning?: string;
}

/** The link for places, as the variable `HOTFLOW_EDITOR` chooses it: the name of an editor, or a template. */
export function chosenEditor(given = (runtime.env("HOTFLOW_EDITOR") ?? "").trim()): EditorChoice {
  const template = EDITORS[given.toLowerCase() || "vscode"] ?? given;
  if (/^[a-z][a-z\d+.-]*:\/\/[^\s"'<>]*$/i.test(template) && template.includes("{path}")) {
    if (!FOREIGN.test(template)) return { template };
  }
  const names = Object.keys(EDITORS).join(", ");
  return {
    template: EDITORS.vscode,
    warning:
      `Cannot use HOTFLOW_EDITOR="${given}": expected ${names}, or a link with {path} that opens an editor, ` +
      "such as vscode://file/{path}:{line}:{column}; the page links to VS Code",
  };
}
