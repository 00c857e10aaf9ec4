/** The code that "Try it" writes for the client of Jina 3.14, run by it. */
import { assert, assertEquals } from "@std/assert";
import { codeRequest, SNIPPETS } from "../../src/page/client/try/snippets.ts";
import { Served } from "../flow/_serve.ts";
import { Fields } from "./_executors.ts";
import { CLIENTS } from "./_python.ts";
import { addressAt } from "../page/_address.ts";

const python = CLIENTS.get("3.14");

Deno.test({
  name: "SNIPPETS of Jina send what the page sends",
  ignore: python === undefined,
  fn: async () => {
    await using served = await Served.start({ uses: Fields });
    const docs = [{
      id: "d",
      text: `it's "quoted" \\ \n ä 🌱`,
      tags: { "a key": [true, null, 1.5], lang: "it's" },
      embedding: [0.5, 1],
    }, { id: "e", blob: "AAEC", mime_type: "image/png" }];
    const { port } = served.flow;
    const body = JSON.stringify({ data: docs, parameters: { top: 3 } });
    const code = SNIPPETS["Python, Jina"]?.(
      codeRequest({ key: "POST /seen", body, stream: false }, ["/seen"], addressAt(port)),
    );
    assert(code !== undefined);
    const { success, stdout, stderr } = await new Deno.Command(python ?? "", {
      args: ["-c", code],
      env: { JINA_LOG_LEVEL: "CRITICAL", PYTHONDONTWRITEBYTECODE: "1" },
    }).output();
    assert(success, new TextDecoder().decode(stderr));
    const answered = new TextDecoder().decode(stdout).trim().split("\n").map((line) => JSON.parse(line));
    assertEquals(answered, docs);
  },
});
