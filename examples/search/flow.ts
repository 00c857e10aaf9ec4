// deno-lint-ignore-file no-console -- a script that tells its user what to do next
/** Serves a search over the Markdown files in notes/, and reloads it whenever a source file is saved. */
import { DocumentArray, Flow } from "@hotflow/hotflow";
import { Encoder } from "./encoder.ts";
import { Indexer } from "./indexer.ts";

/** Reads the notes; their file names are their URIs. */
async function readNotes(folder: URL): Promise<DocumentArray> {
  const names = [...Deno.readDirSync(folder)].map(({ name }) => name).filter((name) => name.endsWith(".md"));
  const texts = await Promise.all(names.map((name) => Deno.readTextFile(new URL(name, folder))));
  return DocumentArray.from(names.map((name, index) => ({ uri: name, text: texts[index] })));
}

if (import.meta.main) {
  await using flow = await new Flow({ port: Number(Deno.env.get("PORT") ?? 12345) })
    .add({ uses: Encoder, name: "encoder", reload: true })
    .add({ uses: Indexer, name: "indexer", reload: true })
    .start();
  const notes = await flow.post("/index", await readNotes(new URL("./notes/", import.meta.url)));
  console.log(`
${notes.length} notes are indexed.
Ask:   curl -s http://127.0.0.1:${flow.port}/search -H 'content-type: application/json' -d '{"data": {"text": "tea water"}}'
Edit:  ${new URL("./scoring.ts", import.meta.url).pathname}
       and ask again: the index survives. Ctrl-C ends it.
`);
  await flow.block();
}
