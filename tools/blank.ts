/** A module's source with the parts that are not code blanked out; every position stays what it was. */
export interface Blanked {
  /** Comments blanked. */
  readonly text: string;
  /** Comments and the contents of strings, templates and regular expressions blanked. */
  readonly code: string;
}

const COMMENT = /\/\/[^\n]*|\/\*[^]*?\*\//y;
const STRING = /"(?:\\[^]|[^"\\\n])*"|'(?:\\[^]|[^'\\\n])*'/y;
const TEMPLATE_PART = /(?:\\[^]|\$(?!\{)|[^`\\$])*(?:`|\$\{|$)/y;
const REGEXP = /\/(?:\\.|\[(?:\\.|[^\]\\\n])*\]|[^/\\[\n])+\/[a-z]*/y;
/** After these a slash begins a regular expression; after anything else it divides. */
const BEFORE_REGEXP =
  /(?:^|[(,=:[!&|?{};+\-*%<>~^]|\b(?:return|typeof|case|in|of|void|delete|throw|await|yield))\s*$/;

/** Reads just enough of TypeScript to tell code from comments and strings. */
export function blank(source: string): Blanked {
  let text = "";
  let code = "";
  const braces: ("block" | "template")[] = [];
  const take = (part: string, kind: "code" | "string" | "comment") => {
    text += kind === "comment" ? spaces(part) : part;
    code += kind === "code" ? part : spaces(part);
  };
  const match = (pattern: RegExp): string | undefined => {
    pattern.lastIndex = text.length;
    return pattern.exec(source)?.[0];
  };
  const takeTemplatePart = () => {
    const part = match(TEMPLATE_PART) ?? "";
    take(part, "string");
    if (part.endsWith("${")) braces.push("template");
  };

  while (text.length < source.length) {
    const comment = match(COMMENT);
    const string = comment ?? match(STRING);
    const char = source.charAt(text.length);
    if (comment !== undefined) take(comment, "comment");
    else if (string !== undefined) take(string, "string");
    else if (char === "`") {
      take(char, "string");
      takeTemplatePart();
    } else if (char === "}" && braces.pop() === "template") {
      take(char, "string");
      takeTemplatePart();
    } else {
      if (char === "{") braces.push("block");
      const regexp = char === "/" && BEFORE_REGEXP.test(code.slice(-40)) ? match(REGEXP) : undefined;
      if (regexp !== undefined) take(regexp, "string");
      else take(char, "code");
    }
  }
  return { text, code };
}

function spaces(part: string): string {
  return part.replace(/[^\n]/g, " ");
}
