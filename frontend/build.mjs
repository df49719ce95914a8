// Builds the widget into app/widget/static: `node build.mjs [folder]`. The same source gives the same files.
//
// widget.js is the loader, a classic script; the same under a name with its hash is for pages that name its integrity. The
// panel and what it loads lazily are modules. A name with a hash of the content can be cached for good. manifest.json names
// the files with their integrity and gzip size.

import { createHash } from "node:crypto";
import { copyFile, mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { build, transform } from "esbuild";

const here = import.meta.dirname;
const out = process.argv[2] ?? join(here, "..", "app", "widget", "static");

/** `import sheet from "./x.css"` gives the minified style sheet as text. */
const cssText = {
  name: "css-text",
  setup(plugin) {
    plugin.onLoad({ filter: /\.css$/ }, async ({ path }) => {
      const { code } = await transform(await readFile(path, "utf8"), { loader: "css", minify: true, target: "chrome123" });
      return { contents: code.trim(), loader: "text" };
    });
  },
};
const common = {
  absWorkingDir: here,
  bundle: true,
  charset: "utf8",
  legalComments: "none",
  minify: true,
  plugins: [cssText],
  target: "es2022",
  write: true,
};

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

const loader = await build({
  ...common,
  define: { PANEL_FILE: JSON.stringify(named(entry)), SHARED_FILES: JSON.stringify(shared) },
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
  files[name] = {
    integrity: `sha384-${createHash("sha384").update(content).digest("base64")}`,
    gzip_bytes: gzipSync(content, { level: 9 }).length,
  };
}
const [answers] = builtFrom("src/panel/turn.tsx");
const manifest = { loader: loaderFile, panel: named(entry), shared, answers: named(answers), files };
await writeFile(join(out, "manifest.json"), `${JSON.stringify(manifest, null, 2)}\n`);
for (const [name, { gzip_bytes }] of Object.entries(files)) console.log(`${name}\t${gzip_bytes} bytes (gzip)`);
