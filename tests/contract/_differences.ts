/** In what two answers differ, where it matters. */
import { equal } from "@std/assert/equal";
import type { Answer } from "./_recordings.ts";

/** The headers that say something about the contract. */
const HEADERS = [
  "content-type",
  "allow",
  "location",
  "access-control-allow-origin",
  "access-control-allow-credentials",
  "vary",
];

/** What may be anything, or is missing at times: ids, times, stacks, wording. */
const FREE = [
  /^header\.requestId$/,
  /^routes\.\d+\.(startTime|endTime)$/,
  /\bexception\.(name|args|stacks)$/,
];
/** What may be any text, but none where there is none. */
const WORDING = /(^|\.)(description|detail)$/;

/**
 * Compares what is answered now with what was recorded. `null` is as good as absent, and the order of branches is
 * free.
 *
 * @returns The way to each thing that differs, such as `status` or `data.0.text`; none when all is well.
 */
export function differences(theirs: Answer, ours: Answer, branches = false): string[] {
  const found = theirs.status === ours.status ? [] : ["status"];
  for (const name of HEADERS) {
    if (media(theirs.headers[name]) !== media(ours.headers[name])) found.push(`headers.${name}`);
  }
  const [a, b] = [theirs, ours].map(({ json, text }) => text ?? settled(json, branches));
  if (!isObject(a) || !isObject(b) || "detail" in a !== "detail" in b) {
    if (!equal(a, b)) found.push("body");
  } else found.push(...compare(a, b, []));
  return found;
}

function media(header = ""): string {
  return header.split(";")[0];
}

type Json = Record<string, unknown>;

function isObject(value: unknown): value is Json {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Branches run at the same time: of their routes only the gateway's place is settled. */
function settled(json: unknown, branches: boolean): unknown {
  if (!branches || !isObject(json) || !Array.isArray(json.routes)) return json;
  const [gateway, ...others] = json.routes as { executor: string }[];
  return { ...json, routes: [gateway, ...others.sort((a, b) => a.executor < b.executor ? -1 : 1)] };
}

function compare(theirs: unknown, ours: unknown, way: readonly string[]): string[] {
  const path = way.join(".");
  if (FREE.some((pattern) => pattern.test(path))) return [];
  if (Array.isArray(theirs) && Array.isArray(ours)) {
    if (path === "detail") return issuesFit(theirs, ours) ? [] : [path];
    if (theirs.length !== ours.length) return [path];
    return theirs.flatMap((item, index) => compare(item, ours[index], [...way, String(index)]));
  }
  if (isObject(theirs) && isObject(ours)) {
    const keys = new Set([...Object.keys(theirs), ...Object.keys(ours)]);
    return [...keys].flatMap((key) => compare(theirs[key], ours[key], [...way, key]));
  }
  return same(theirs ?? undefined, ours ?? undefined, path) ? [] : [path];
}

function same(theirs: unknown, ours: unknown, path: string): boolean {
  if (theirs === "<id>") return typeof ours === "string" && ours !== "";
  if (typeof theirs !== "string" || typeof ours !== "string") return equal(theirs, ours);
  if (WORDING.test(path)) return (theirs === "") === (ours === "");
  return equal(asData(theirs), asData(ours));
}

/** Text that a program printed is what it stands for: JSON, or Python's way to write it. */
function asData(text: string): unknown {
  const python = text.replaceAll("'", '"').replaceAll("(", "[").replaceAll(")", "]")
    .replaceAll("None", "null").replaceAll("True", "true").replaceAll("False", "false");
  for (const json of [text, python]) {
    try {
      const value = JSON.parse(json);
      if (typeof value === "object") return value;
    } catch {
      // Not this one.
    }
  }
  return text;
}

/** Each of our issues is one of theirs; they name besides why every other form would not fit. */
function issuesFit(theirs: unknown[], ours: unknown[]): boolean {
  const known = theirs.map((issue) => JSON.stringify(essence(issue as Json)));
  return ours.length > 0 && ours.every((issue) => known.includes(JSON.stringify(essence(issue as Json))));
}

function essence({ loc, type, ctx }: Json): unknown {
  const { pos, lineno, colno } = (ctx ?? {}) as Json;
  return [loc, type, pos, lineno, colno];
}
