// Shows /openapi.json as a page: every call with its parameters, body and answers, every shape with its fields.

const element = (name, content = [], attributes = {}) => {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...[content].flat());
  return made;
};

const table = (headings, rows) =>
  element("table", [
    element("thead", element("tr", headings.map((text) => element("th", text, { scope: "col" })))),
    element("tbody", rows.map((row) => element("tr", row.map((cell) => element("td", cell))))),
  ]);

const name = (reference) => reference.split("/").pop();

/** A schema in a few words: a link to a named shape, or its type. */
function type(schema = {}) {
  if (schema.$ref) return [element("a", name(schema.$ref), { href: `#${name(schema.$ref)}` })];
  const parts = schema.anyOf ?? schema.oneOf;
  if (parts) return parts.flatMap((part, at) => (at ? [" or ", ...type(part)] : type(part)));
  if (schema.type === "array") return ["list of ", ...type(schema.items)];
  if (schema.const !== undefined) return [JSON.stringify(schema.const)];
  if (schema.enum) return [schema.enum.map((value) => JSON.stringify(value)).join(", ")];
  return [[schema.type ?? "any", schema.format].filter(Boolean).join(", ")];
}

const content = (body = {}) =>
  Object.entries(body.content ?? {}).flatMap(([kind, { schema }]) => [element("div", [element("code", kind), ": ", ...type(schema)])]);

function call(path, method, operation) {
  const parameters = operation.parameters ?? [];
  const needed = operation.security ? (operation.security.some((one) => !Object.keys(one).length) ? "may be sent" : "needed") : "not read";
  const answers = Object.entries(operation.responses).map(([status, answer]) => [status, answer.description ?? "", content(answer)]);
  return element("details", [
    element("summary", [element("span", method.toUpperCase(), { class: "method" }), element("code", path)]),
    element("p", operation.description ?? operation.summary ?? ""),
    element("p", `A token: ${needed}.`),
    ...(parameters.length
      ? [table(["parameter", "in", "type", ""], parameters.map((each) => [element("code", each.name), each.in, type(each.schema), each.description ?? ""]))]
      : []),
    ...(operation.requestBody ? [element("p", "The body:"), ...content(operation.requestBody)] : []),
    table(["status", "", "body"], answers),
  ]);
}

function shape(title, schema) {
  const required = new Set(schema.required ?? []);
  const fields = Object.entries(schema.properties ?? {}).map(([key, value]) => [
    element("code", key), type(value), required.has(key) ? "always" : "", value.description ?? "",
  ]);
  return element("details", [
    element("summary", element("code", title)),
    element("p", schema.description ?? ""),
    ...(fields.length ? [table(["field", "type", "", ""], fields)] : [element("p", type(schema))]),
  ], { id: title });
}

function openNamed() {
  const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
  if (target instanceof HTMLDetailsElement) target.open = true;
}

const calls = document.getElementById("calls");
try {
  const described = await (await fetch("openapi.json")).json();
  calls.replaceChildren(
    ...Object.entries(described.paths).flatMap(([path, methods]) =>
      Object.entries(methods).map(([method, operation]) => call(path, method, operation))),
  );
  document.getElementById("shapes").append(
    ...Object.entries(described.components.schemas).map(([title, schema]) => shape(title, schema)),
  );
  addEventListener("hashchange", openNamed);
  openNamed();
} catch {
  calls.replaceChildren("The description could not be read. Please reload the page.");
}
calls.removeAttribute("aria-busy");
