/** The URLs of a version's own modules. @module */
import { codeOf, isCommonJs } from "../script/script_text.ts";

const VERSION = /\?v=\d+$/;

/** The URL under which a version imports a module, such as `file:///app/my_executor.ts?v=7`; stacks contain it. */
export function versionedUrl(url: string, version: number): string {
  return url.startsWith("file:") ? `${url}?v=${version}` : url;
}

/** Whether a URL is the versioned URL of a module. */
export function isVersioned(url: string): boolean {
  return VERSION.test(url);
}

/**
 * The code that stands for a version's own module where a circular import names its plain URL: it re-exports the
 * versioned module, which would otherwise be loaded twice.
 *
 * @param url The versioned URL of the module.
 * @param code The module's JavaScript.
 */
export function facadeOf(url: string, code: string): string {
  // CommonJS modules are cached by path, whatever the URL.
  if (isCommonJs(code)) return code;
  const from = `from ${JSON.stringify(url)};`;
  const hasDefault = /\bexport\s+default\b|\bas\s+default\b/.test(codeOf(code));
  return `export * ${from}${hasDefault ? ` export { default } ${from}` : ""}\n`;
}
