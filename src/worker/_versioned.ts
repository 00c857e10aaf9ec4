/** The URLs that a version's own modules have. @module */
import { codeOf, isCommonJs } from "../script/script_text.ts";

const VERSION = /\?v=\d+$/;

/** The URL that a version imports a module under, such as `file:///app/my_executor.ts?v=7`: stacks have it. */
export function versionedUrl(url: string, version: number): string {
  return url.startsWith("file:") ? `${url}?v=${version}` : url;
}

/** Whether a URL is one that a version imports. */
export function isVersioned(url: string): boolean {
  return VERSION.test(url);
}

/**
 * What another module gets that imports a version's own module, in a circle, by its plain URL: the exports of that
 * very module, and not of a copy.
 *
 * @param url The version's URL of the module.
 * @param code The module's JavaScript.
 */
export function facadeOf(url: string, code: string): string {
  // CommonJS is kept by its path, whatever the URL.
  if (isCommonJs(code)) return code;
  const from = `from ${JSON.stringify(url)};`;
  const hasDefault = /\bexport\s+default\b|\bas\s+default\b/.test(codeOf(code));
  return `export * ${from}${hasDefault ? ` export { default } ${from}` : ""}\n`;
}
