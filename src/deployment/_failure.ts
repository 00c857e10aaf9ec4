import { LoadError, snippetOf, toLoadError } from "../errors/mod.ts";
import { isSourceModule } from "../paths.ts";
import { hinted } from "../replica/exclusive_hint.ts";
import { runtime } from "../runtime/mod.ts";

/**
 * The error of a load, with the lines around its place, if that is in a source module: other files, such as data and
 * `.env`, may have secrets.
 *
 * @param isPair Whether another version of the Executor runs beside it, which may be why it failed.
 */
export async function failureOf(error: unknown, isPair: boolean): Promise<LoadError> {
  const { info, info: { place }, files } = toLoadError(error);
  const isSource = place?.line !== undefined && isSourceModule(place.file);
  const text = isSource ? await runtime.readText(place.file) : undefined;
  const snippet = text === undefined ? undefined : snippetOf(text, place?.line ?? 1, place?.column);
  return new LoadError({ ...(isPair ? hinted(info) : info), ...(snippet && { snippet }) }, files);
}
