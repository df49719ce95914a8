// Builds the widget into app/widget/static: `node build.mjs [folder]`. The same source gives the same files.
//
// widget.js is the loader, a classic script; the same under a name with its hash is for pages that name its integrity. page.js
// shows the panel as the chat page. The panel and what it loads lazily are modules. A name with a hash of the content can be cached for good. manifest.json names
// the files with their integrity and gzip size, licences.txt has the licences of what is in them.

import { createHash } from "node:crypto";
import { copyFile, mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { build, transform } from "esbuild";

const here = import.meta.dirname;
const out = process.argv[2] ?? join(here, "..", "app", "widget", "static");

/**
 * `import sheet from "./x.css"` gives the minified style sheet as text. A rem is what the page's root element says it is, so
 * the sheets count in the reader's own size of text, which the loader takes from the browser.
 */
const ownUnit = (css) => css.replace(/(?<![\w.])((?:\d*\.)?\d+)rem\b/g, "calc($1 * var(--bookrag-rem, 1rem))");
const cssText = {
  name: "css-text",
  setup(plugin) {
    plugin.onLoad({ filter: /\.css$/ }, async ({ path }) => {
      const { code } = await transform(ownUnit(await readFile(path, "utf8")), { loader: "css", minify: true, target: "chrome123" });
      return { contents: code.trim(), loader: "text" };
    });
  },
};

/** What markdown-it is never asked for here: to find addresses in plain text, and to write hosts' names in ASCII, as the browser does. */
const unused = {
  name: "unused",
  setup(plugin) {
    plugin.onResolve({ filter: /^(?:linkify-it|punycode\.js)$/ }, ({ path }) => ({ path, namespace: "unused" }));
    plugin.onLoad({ filter: /./, namespace: "unused" }, () => ({
      contents: "const same = (name) => name; export class LinkifyIt {} export default { toASCII: same, toUnicode: same };",
    }));
  },
};

const ALL_MEMBERS = /\bfor ?\(((?:(?:const|let|var) )?[\w$]+) in ([^()]+)\)/g;
/**
 * Packages read objects' own members alone, as a page may have added others to `Object.prototype`. What needs esbuild's own
 * helpers, which loop so too and are a file more to load, is written otherwise: markdown-it offers libraries that nothing here
 * uses, and highlight.js has CommonJS modules.
 */
const ownMembers = {
  name: "own-members",
  setup(plugin) {
    plugin.onLoad({ filter: /node_modules\/(?:highlight\.js|markdown-it|preact)\/.*\.m?js$/ }, async ({ path }) => {
      const imports = [];
      const contents = (await readFile(path, "utf8"))
        .replace(ALL_MEMBERS, "for($1 of Object.keys(($2)||{}))")
        .replace(/^var lib = \{[^}]*\};/m, "var lib = {};")
        .replace(/^module\.exports = /m, "export default ")
        .replace(/\brequire\(('\.[^']*')\)/g, (_, file) => `required${imports.push(file)}`);
      return { contents: imports.map((file, at) => `import required${at + 1} from ${file};\n`).join("") + contents };
    });
  },
};

const common = {
  absWorkingDir: here,
  alias: { entities: join(here, "src/panel/answer/entities.ts") },
  bundle: true,
  charset: "utf8",
  legalComments: "none",
  minify: true,
  plugins: [cssText, unused, ownMembers],
  target: "es2022",
  write: true,
};

/** The licences of the packages that the files hold, and of what these packages hold in turn. */
async function licences(inputs) {
  const used = new Set(inputs.flatMap((input) => /(?:^|.*\/)node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(input)?.[1] ?? []));
  for (const name of used) {
    const { dependencies } = JSON.parse(await readFile(join(here, "node_modules", name, "package.json"), "utf8"));
    for (const dependency of Object.keys(dependencies ?? {})) used.add(dependency);
  }
  const texts = [...used].sort().map(async (name) => {
    const folder = join(here, "node_modules", name);
    const { version } = JSON.parse(await readFile(join(folder, "package.json"), "utf8"));
    const file = (await readdir(folder)).find((each) => /^licen[cs]e/i.test(each));
    if (!file) throw new Error(`${name} has no licence file`);
    return `${name} ${version}\n\n${(await readFile(join(folder, file), "utf8")).trim()}\n`;
  });
  return (await Promise.all(texts)).join(`\n${"-".repeat(80)}\n\n`);
}

await rm(out, { recursive: true, force: true });
await mkdir(out, { recursive: true });

const panel = await build({
  ...common,
  entryPoints: { panel: "src/panel/main.tsx" },
  entryNames: "[name]-[hash]",
  chunkNames: "[name]-[hash]",
  format: "esm",
  jsx: "automatic",
  jsxImportSource: "preact",
  metafile: true,
  outdir: out,
  splitting: true,
});
const outputs = Object.entries(panel.metafile.outputs);
const named = (file) => file.split("/").at(-1);
const builtFrom = (source) => outputs.find(([, { entryPoint }]) => entryPoint === source);
const [entry, { imports }] = builtFrom("src/panel/main.tsx");
// What the panel and its answers share. The loader fetches it beside the panel, so that no round trip is added.
const shared = imports.filter(({ kind }) => kind === "import-statement").map(({ path }) => named(path));

const names = { PANEL_FILE: JSON.stringify(named(entry)), SHARED_FILES: JSON.stringify(shared) };

await build({ ...common, define: names, entryPoints: { page: "src/page/main.ts" }, format: "esm", outdir: out });
const loader = await build({
  ...common,
  define: names,
  entryPoints: { widget: "src/loader/main.ts" },
  entryNames: "[name]-[hash]",
  format: "iife",
  metafile: true,
  outdir: out,
});
const loaderFile = named(Object.keys(loader.metafile.outputs)[0]);
await copyFile(join(out, loaderFile), join(out, "widget.js"));

const files = {};
for (const name of (await readdir(out)).sort()) {
  const content = await readFile(join(out, name));
  if (content.toString().match(ALL_MEMBERS)) throw new Error(`${name} has a loop over the members of Object.prototype`);
  files[name] = {
    integrity: `sha384-${createHash("sha384").update(content).digest("base64")}`,
    gzip_bytes: gzipSync(content, { level: 9 }).length,
  };
}
const [answers] = builtFrom("src/panel/answer/turn.tsx");
const manifest = { loader: loaderFile, panel: named(entry), shared, answers: named(answers), files };
await writeFile(join(out, "manifest.json"), `${JSON.stringify(manifest, null, 2)}\n`);
await writeFile(join(out, "licences.txt"), await licences(outputs.flatMap(([, { inputs }]) => Object.keys(inputs))));
for (const [name, { gzip_bytes }] of Object.entries(files)) console.log(`${name}\t${gzip_bytes} bytes (gzip)`);
