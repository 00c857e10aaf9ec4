import { LoadError, snippetOf, toLoadError } from "../errors/mod.ts";
import { hinted } from "../replica/exclusive_hint.ts";
import { runtime } from "../runtime/mod.ts";

/**
 * The error of a load, with the lines around its place.
 *
 * @param isPair Whether another version of the Executor runs beside it, which may be why it failed.
 */
export async function failureOf(error: unknown, isPair: boolean): Promise<LoadError> {
  const { info, info: { place }, files } = toLoadError(error);
  const isCode = info.snippet === undefined && place?.line !== undefined;
  const text = isCode ? await runtime.readText(place.file) : undefined;
  const snippet = text === undefined ? undefined : snippetOf(text, place?.line ?? 1, place?.column);
  return new LoadError({ ...(isPair ? hinted(info) : info), ...(snippet && { snippet }) }, files);
}
