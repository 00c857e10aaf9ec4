/**
 * The script of the page at `GET /docs`. It reads `openapi.json`, and inserts text as text only, since the page's
 * security policy forbids markup.
 */
export const SCRIPT = String.raw`"use strict";
const byId = (id) => document.getElementById(id);
const list = byId("list"), body = byId("body"), send = byId("send"), answer = byId("answer");
const drafts = new Map();
let operations = new Map(), api = {}, known = "", current = "";

function element(tag, className, text) {
  const made = document.createElement(tag);
  made.className = className;
  made.textContent = text;
  return made;
}

function converted(text, convert) {
  try {
    return convert(text);
  } catch {
    return text;
  }
}

async function load() {
  let text;
  try {
    const response = await fetch("openapi.json", { cache: "no-store" });
    if (!response.ok) throw new Error(response.statusText);
    text = await response.text();
    byId("state").textContent = "";
  } catch {
    byId("state").textContent = "The Flow does not answer.";
    return;
  }
  if (text === known) return;
  known = text;
  operations = new Map();
  api = JSON.parse(text);
  for (const [path, item] of Object.entries(api.paths)) {
    for (const [name, operation] of Object.entries(item)) {
      const method = name.toUpperCase();
      operations.set(method + " " + path, { method, path, ...operation });
    }
  }
  list.replaceChildren(...Array.from(operations, ([key, one]) => row(key, one)));
  const linked = converted(location.hash.slice(1), decodeURIComponent);
  choose([current, linked, "POST /post"].find((key) => operations.has(key)) ?? operations.keys().next().value);
}

function heading({ method, path }) {
  const name = converted(path, decodeURIComponent);
  return [element("span", "method " + method.toLowerCase(), method), element("code", "path", name)];
}

function row(key, operation) {
  const button = document.createElement("button");
  button.type = "button";
  button.dataset.key = key;
  button.append(...heading(operation), element("span", "summary", operation.summary ?? ""));
  button.addEventListener("click", () => choose(key));
  const item = document.createElement("li");
  item.append(button);
  return item;
}

// What the Executors have schemas of; other endpoints have the parts that all share.
function schemasOf({ requestBody, responses }) {
  const json = (part) => part?.content?.["application/json"].schema.properties ?? {};
  const { data, parameters } = json(requestBody);
  const { schemas } = api.components;
  const whole = (schema) => schema?.$ref ? schemas[schema.$ref.split("/").pop()] : schema;
  const isCommon = JSON.stringify(parameters) === JSON.stringify(schemas.Request.properties.parameters);
  return {
    document: whole(data?.items),
    parameters: isCommon ? undefined : whole(parameters),
    answer: whole(json(responses[200]).data?.items),
  };
}

function choose(key) {
  const { summary, requestBody } = operations.get(key);
  const types = JSON.stringify(schemasOf(operations.get(key)), null, 2);
  byId("types").hidden = types === "{}";
  byId("schemas").textContent = types;
  if (key !== current) {
    byId("status").textContent = answer.textContent = "";
    answer.hidden = true;
    history.replaceState(null, "", "#" + encodeURIComponent(key));
  }
  for (const button of list.querySelectorAll("button")) {
    button.ariaCurrent = String(button.dataset.key === key);
  }
  byId("title").replaceChildren(...heading(operations.get(key)));
  byId("summary").textContent = summary ?? "";
  byId("request").hidden = requestBody === undefined;
  if (requestBody !== undefined) {
    const example = requestBody.content["application/json"].example;
    // After a reload the example may name another endpoint; what was written by hand stays.
    const text = drafts.get(key) ?? JSON.stringify(example, null, 2);
    if (body.value !== text) body.value = text;
  }
  current = key;
}

async function submit() {
  const { method, path, requestBody } = operations.get(current);
  const headers = { "content-type": "application/json" };
  const init = requestBody === undefined ? { method } : { method, headers, body: body.value };
  send.disabled = true;
  byId("status").className = "";
  byId("status").textContent = "…";
  const start = performance.now();
  try {
    const response = await fetch("." + path, init);
    const text = await response.text();
    const time = (performance.now() - start).toFixed(1);
    byId("status").textContent = response.status + " " + response.statusText + " · " + time + " ms";
    byId("status").className = response.ok ? "good" : "bad";
    answer.textContent = converted(text, (json) => JSON.stringify(JSON.parse(json), null, 2));
    answer.hidden = false;
  } catch (error) {
    byId("status").textContent = "No answer: " + error.message;
    byId("status").className = "bad";
  }
  send.disabled = false;
  load();
}

body.addEventListener("input", () => drafts.set(current, body.value));
body.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) submit();
});
send.addEventListener("click", submit);
addEventListener("focus", load);
setInterval(() => document.hidden || load(), 1000);
load();
`;
