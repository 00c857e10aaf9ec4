/** In a file of its own: once another test has imported the converter, any module finds it. */
import { assertEquals } from "@std/assert";
import { Served } from "../flow/_serve.ts";
import { Valibot } from "./_executors.ts";

Deno.test("GET /openapi.json shows schemas of valibot when its converter is only in the project's import map", async () => {
  await using served = await Served.start({ uses: Valibot });
  const api = await (await fetch(served.at("/openapi.json"))).json();
  const { schema } = api.paths["/see"].post.requestBody.content["application/json"];
  assertEquals(schema.properties.data.items.properties.price, { type: "number" });
});
