import { invalidArgument, preview } from "../errors/mod.ts";
import { isAbsolute, isUrl, toUrl } from "../paths.ts";
import { type Recorded, recordOf } from "./bindings.ts";
import { registry } from "./registry.ts";

/** Where the modules of `@requests` are. */
const ROOM = new URL(".", import.meta.url).href;

/** Records the class's module, which is the decorator's caller. On V8, the static initializer's frame has the class name. */
export function noteSource(recorded: Recorded): void {
  const frames = callSites();
  const urls = frames.map((frame) => urlOf(frame.getScriptNameOrSourceURL()));
  recorded.source = urls.find((url) => /^(?:file|https?):/.test(url ?? "") && !url?.startsWith(ROOM));
  if (recorded.source === undefined) return;
  const name = frames.find((frame) => frame.getFunctionName() === "<static_initializer>")?.getTypeName();
  registry.register(name ?? undefined, recorded.source);
}

/** The URL of a frame's script; on Bun, and for CommonJS, the frame has a path. */
function urlOf(script: string | null): string | undefined {
  return script === null ? undefined : isAbsolute(script) ? toUrl(script) : withoutQuery(script);
}

/** Removes the query, which distinguishes versions of a file. */
function withoutQuery(url: string): string {
  return url.startsWith("file:") ? url.replace(/[?#].*$/s, "") : url;
}

/** A frame of V8's structured stack. Unlike the text of a stack, it has the exact URL of the module. */
interface CallSite {
  getScriptNameOrSourceURL(): string | null;
  getFunctionName(): string | null;
  getTypeName(): string | null;
}

function callSites(): CallSite[] {
  const errors = Error as unknown as { prepareStackTrace?: (error: Error, frames: CallSite[]) => unknown };
  const before = errors.prepareStackTrace;
  errors.prepareStackTrace = (_error, frames) => frames;
  try {
    const frames = new Error().stack as unknown;
    return Array.isArray(frames) ? frames : [];
  } finally {
    errors.prepareStackTrace = before;
  }
}

/**
 * The URL of the module that defines a class: its `static source`, or the module that applied its decorators.
 *
 * @returns The URL, without a version query.
 * @throws {TypeError} When the class has neither, or `static source` is neither a URL nor an absolute path.
 */
export function sourceOf(type: { readonly name: string }): string {
  const stated: unknown = Object.hasOwn(type, "source") ? (type as { source?: unknown }).source : undefined;
  const source = stated === undefined ? recordOf(type)?.source : stated;
  const text = source instanceof URL ? source.href : source;
  if (typeof text === "string" && isUrl(text)) return withoutQuery(text);
  if (typeof text === "string" && isAbsolute(text)) return toUrl(text);
  const { name } = type;
  if (stated === undefined) {
    throw invalidArgument(
      `Cannot find the module of the Executor ${name}: add \`static readonly source = import.meta.url\` to the class, ` +
        `or name its module in \`uses\`, as in "./my_executor.ts#${name}"`,
    );
  }
  const expected = "expected a URL or an absolute path, such as import.meta.url or __filename";
  throw invalidArgument(
    `Cannot use ${preview(stated)} as the \`source\` of the Executor ${name}: ${expected}`,
  );
}
