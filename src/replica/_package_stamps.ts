import { toPath } from "../paths.ts";
import { runtime } from "../runtime/mod.ts";

/** Matches the folder of a package that is installed for a project. */
const FOLDER = /^.*[\\/]node_modules[\\/](?:@[^\\/]+[\\/])?[^\\/]+/;

/** When the packages of modules were installed, as one text: it differs once one of them is replaced. */
export function stampsOf(urls: readonly string[]): string {
  return urls.flatMap((url) => {
    const path = url.startsWith("file:") ? toPath(url) : "";
    const folder = FOLDER.exec(path)?.[0];
    return folder === undefined
      ? []
      : [path, `${folder}/package.json`].map((file) => runtime.writtenAt(file));
  }).join();
}
