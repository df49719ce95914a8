// Runs a docusaurus.config.* and writes what it exports as JSON to the file descriptor that BOOKRAG_OUTPUT_FD names.
// Called by indexing/docusaurus/run_config.py. Works without node_modules: what cannot be found becomes a stand-in
// that answers to everything and remembers its name.
'use strict';

const fs = require('fs');
const path = require('path');
const {createLoader} = require('./loader.cjs');
const {readPages} = require('./pages.cjs');
const {NAME, toPlain} = require('./plain.cjs');
const {withOwnPresets} = require('./presets.cjs');

const LOCALES_LIMIT = 200;
// Colours of code, types, and formulas, which are read by the plugins' names: no page's address depends on what they set.
const WITHOUT_ADDRESSES = /^(prism-react-renderer|@docusaurus\/types|remark-math|rehype-katex|rehype-mathjax)(\/|$)/;

// Variables that bookrag withholds because their names look like secrets, and those of them that the config asked for.
const WITHHELD = new Set(JSON.parse(process.env.BOOKRAG_WITHHELD || '[]'));
delete process.env.BOOKRAG_WITHHELD;
const askedFor = new Set();

function watchEnvironment() {
  const tell = (name) => WITHHELD.has(name) && askedFor.add(name);
  process.env = new Proxy(process.env, {
    get(target, name) {
      tell(name);
      return target[name];
    },
    set(target, name, value) {
      target[name] = value; // without a receiver: the environment takes plain assignments alone
      return true;
    },
    has(target, name) {
      tell(name);
      return name in target;
    },
  });
}

// The value that a config exports, a function of the config called, with the plugins of its own presets.
async function exported(configFile, locale, notes, doubts) {
  if (locale === undefined) delete process.env.DOCUSAURUS_CURRENT_LOCALE;
  else process.env.DOCUSAURUS_CURRENT_LOCALE = locale;
  const loader = createLoader(notes);
  let value = await loader.load(configFile);
  if (typeof value === 'function' && value[NAME] === undefined) value = await value();
  value = await value;
  if (value !== null && value !== undefined && value[NAME] !== undefined) {
    throw new Error(`it is made by the package ${value[NAME]}, which is not installed: run \`npm install\` in the site's folder`);
  }
  if (value === null || typeof value !== 'object') throw new Error('it exports no object');
  return {value: await withOwnPresets(value, configFile, loader, doubts), stubbed: loader.stubbed};
}

async function load(configFile, locale, notes, doubts) {
  const {value, stubbed} = await exported(configFile, locale, notes, doubts);
  return {plain: toPlain(value, notes), stubbed};
}

// What the numberPrefixParser at each of `paths` makes of each name; null where it fails or gives something else.
async function parseNames(configFile, {paths, names}) {
  const {value} = await exported(configFile, undefined, new Set(), new Set());
  return paths.map((path) => {
    const parse = path.reduce((inner, key) => inner[key], value);
    return Object.fromEntries(names.map((name) => [name, filename(parse, name)]));
  });
}

function filename(parse, name) {
  try {
    const result = parse(name);
    return typeof result.filename === 'string' ? result.filename : null;
  } catch {
    return null;
  }
}

async function main(configFile) {
  const notes = new Set();
  const doubts = new Set();
  const {plain: data, stubbed} = await load(configFile, undefined, notes, doubts);
  const locales = {};
  const listed = data.i18n && Array.isArray(data.i18n.locales) ? data.i18n.locales : [];
  for (const locale of listed.slice(0, LOCALES_LIMIT)) {
    if (typeof locale === 'string') locales[locale] = (await load(configFile, locale, notes, doubts)).plain;
  }
  const missing = [...stubbed].filter((name) => !WITHOUT_ADDRESSES.test(name)).sort();
  if (missing.length > 0) {
    notes.add(
      `the site's config imports packages that are not installed here (${missing.join(', ')}), so what they set was ` +
        "not read; if addresses come out wrong, run `npm install` in the site's folder",
    );
  }
  return {data, locales, notes: [...notes], doubts: [...doubts], withheld: [...askedFor].sort()};
}

// A config may end the process itself, or wait for what never comes; what it printed last says why.
let isAnswered = false;
let printed = '';

function watchEnd() {
  const write = process.stderr.write;
  process.stderr.write = function (text, ...rest) {
    printed = `${printed}${text}`.slice(-2000);
    return write.call(this, text, ...rest);
  };
  process.on('exit', (code) => {
    if (isAnswered) return;
    const last = printed.trim().split('\n').pop();
    fail(code === 0 ? 'it ended without a value' : `it ended the process with code ${code}${last && `: ${last}`}`);
  });
}

function answer(value) {
  isAnswered = true;
  const bytes = Buffer.from(JSON.stringify(value));
  const fd = Number(process.env.BOOKRAG_OUTPUT_FD);
  for (let sent = 0; sent < bytes.length; ) sent += fs.writeSync(fd, bytes, sent);
  process.exit(0);
}

function fail(error) {
  const text = error && error.message ? `${error.name}: ${error.message}` : String(error);
  answer({error: text.split('\n').slice(0, 3).join(' ').slice(0, 1000), withheld: [...askedFor].sort()});
}

// With `--names`, standard input holds {paths, names} for parseNames; with `--pages` what readPages takes.
async function run(configFile, asked) {
  if (asked === undefined) return main(configFile);
  const given = JSON.parse(fs.readFileSync(0, 'utf8'));
  if (asked === '--names') return {parsed: await parseNames(configFile, given)};
  return readPages((await exported(configFile, undefined, new Set(), new Set())).value, given);
}

process.on('uncaughtException', fail);
process.on('unhandledRejection', fail);
watchEnvironment();
watchEnd();
const file = path.resolve(process.argv[2]);
process.chdir(path.dirname(file));
run(file, process.argv[3]).then(answer, fail);
