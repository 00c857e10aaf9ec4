/**
 * Whether a file is a source module. Lines of other files, such as data and `.env`, may be secrets: they are named, and
 * never shown.
 */
export function isSourceModule(path: string): boolean {
  return /\.[cm]?[jt]sx?$/.test(path);
}
