/** Finds the classes of a module and counts their mutable fields. It reads code in the form that `deno fmt` gives it. */

/** A class of a module. */
export interface ClassFields {
  readonly name: string;
  /** Where the class begins in the module. */
  readonly index: number;
  /** Its fields that are not `readonly`, parameter properties among them. */
  readonly mutable: readonly string[];
}

const CLASS =
  /(?<![.\w$#])class(?:\s+([\w$]+))?(?:\s*<(?:[^{]|\{[^{}]*\})*?>)?(?:\s+(?:extends|implements)\s[^{]*)?\s*(?=\{)/g;
const MODIFIERS = String
  .raw`(?:(?:public|private|protected|static|declare|override|abstract|accessor|async)\s+)*`;
/** A member that is no method: its name is followed by its type, its value, or nothing. */
const FIELD = new RegExp(String.raw`^${MODIFIERS}(?!static\s*$)([#\w$]+)\s*[!?]?\s*(?:[:=;]|$)`);
const PARAMETER_PROPERTY =
  /\b(?:public|private|protected)\s+(?!readonly\b)(?!constructor\b)(?:override\s+)?([\w$]+)/g;

/** The classes of a module, whose comments and strings are blanked. */
export function classesIn(code: string): ClassFields[] {
  return [...code.matchAll(CLASS)].map((match) => {
    const members = membersOf(code, match.index + match[0].length + 1);
    return { name: match[1] ?? "(anonymous)", index: match.index, mutable: members.flatMap(mutableIn) };
  });
}

/** The mutable fields that one member makes. */
function mutableIn(member: string): string[] {
  if (/^(?:(?:public|private|protected)\s+)?constructor\b/.test(member)) {
    return [...member.matchAll(PARAMETER_PROPERTY)].map(([, name = ""]) => name);
  }
  const name = FIELD.exec(member)?.[1];
  return name === undefined || /^(?:\w+\s+)*readonly\s+[#\w$[]/.test(member) ? [] : [name];
}

/** The members of a class from the beginning of its body, each without the contents of its braces. */
function membersOf(code: string, start: number): string[] {
  const members: string[] = [];
  let member = "";
  let depth = 0;
  const end = () => {
    members.push(member.trim());
    member = "";
  };
  for (const char of code.slice(start)) {
    if (char === "{") depth++;
    else if (char === "}" && depth-- === 0) return members;
    else if (depth === 0 && char !== "}") member += char;
    if (depth > 0) continue;
    if (char === ";" || (char === "}" && isBlock(member))) end();
  }
  return members;
}

/** Whether the braces after this end a member: a method's body or a static block, not a value or a type. */
function isBlock(member: string): boolean {
  const head = member.trim();
  return head === "static" || (/\)/.test(head) && !FIELD.test(head));
}
