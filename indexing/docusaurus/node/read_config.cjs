// Runs a docusaurus.config.* and writes what it exports as JSON to the file descriptor that BOOKRAG_OUTPUT_FD names.
// Called by indexing/docusaurus/run_config.py. Works without node_modules: what cannot be found becomes a stand-in
// that answers to everything and remembers its name.
'use strict';

const fs = require('fs');
const path = require('path');
const {createLoader} = require('./loader.cjs');
const {toPlain} = require('./plain.cjs');

const LOCALES_LIMIT = 200;
// Colours of code, types, and formulas, which are read by the plugins' names: no page's address depends on what they set.
const WITHOUT_ADDRESSES = /^(prism-react-renderer|@docusaurus\/types|remark-math|rehype-katex|rehype-mathjax)(\/|$)/;

async function load(configFile, locale, notes) {
  if (locale === undefined) delete process.env.DOCUSAURUS_CURRENT_LOCALE;
  else process.env.DOCUSAURUS_CURRENT_LOCALE = locale;
  const loader = createLoader(notes);
  let value = await loader.load(configFile);
  if (typeof value === 'function') value = await value();
  value = await value;
  if (value === null || typeof value !== 'object') throw new Error('it exports no object');
  return {plain: toPlain(value, notes), stubbed: loader.stubbed};
}

async function main(configFile) {
  const notes = new Set();
  const {plain: data, stubbed} = await load(configFile, undefined, notes);
  const locales = {};
  const listed = data.i18n && Array.isArray(data.i18n.locales) ? data.i18n.locales : [];
  for (const locale of listed.slice(0, LOCALES_LIMIT)) {
    if (typeof locale === 'string') locales[locale] = (await load(configFile, locale, notes)).plain;
  }
  const missing = [...stubbed].filter((name) => !WITHOUT_ADDRESSES.test(name)).sort();
  if (missing.length > 0) {
    notes.add(
      `the site's config imports packages that are not installed here (${missing.join(', ')}), so what they set was ` +
        "not read; if addresses come out wrong, run `npm install` in the site's folder",
    );
  }
  return {data, locales, notes: [...notes]};
}

function answer(value) {
  const bytes = Buffer.from(JSON.stringify(value));
  const fd = Number(process.env.BOOKRAG_OUTPUT_FD);
  for (let sent = 0; sent < bytes.length; ) sent += fs.writeSync(fd, bytes, sent);
  process.exit(0);
}

function fail(error) {
  const text = error && error.message ? `${error.name}: ${error.message}` : String(error);
  answer({error: text.split('\n').slice(0, 3).join(' ').slice(0, 1000)});
}

process.on('uncaughtException', fail);
process.on('unhandledRejection', fail);
process.chdir(path.dirname(path.resolve(process.argv[2])));
main(path.resolve(process.argv[2])).then(answer, fail);
