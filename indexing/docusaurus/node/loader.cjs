// Loads a config and the files it imports, with a stand-in for each package that is not installed; what it cannot read
// is left to the site's own jiti, which is what Docusaurus uses, and takes seconds for each package.
'use strict';

const fs = require('fs');
const Module = require('module');
const path = require('path');
const {pathToFileURL} = require('url');
const {NAME} = require('./plain.cjs');

const SPREAD = '$spread';
const {stripTypes} = require('./types.cjs');
const {toCommonJs} = require('./commonjs.cjs');

const EXTENSIONS = ['', '.ts', '.mts', '.cts', '.js', '.mjs', '.cjs', '.json', '/index.ts', '/index.js'];
const CLASSIC = '@docusaurus/preset-classic';
const AsyncFunction = (async () => {}).constructor;

// Answers to every property and every call, and remembers where it came from. Spread into an object it leaves its name
// there, and spread into a list it is one element, so that what was not read can be told.
function standIn(name) {
  return new Proxy(function () {}, {
    get(_, key) {
      if (key === NAME) return name;
      if (key === Symbol.toPrimitive) return () => '';
      if (key === SPREAD) return name;
      if (key === Symbol.iterator) {
        return function* () {
          yield standIn(name);
        };
      }
      if (key === 'then' || typeof key === 'symbol') return undefined;
      if (key === 'default' || key === '__esModule') return key === 'default' ? standIn(name) : true;
      if (key === 'toString') return () => '';
      return standIn(name);
    },
    apply: (_, __, given) => (name === CLASSIC ? classicPreset(given[1] || {}) : standIn(name)),
    construct: () => standIn(name),
    has: () => true,
    ownKeys: (target) => [...Reflect.ownKeys(target), SPREAD],
    getOwnPropertyDescriptor: (target, key) =>
      key === SPREAD
        ? {value: name, configurable: true, enumerable: true, writable: true}
        : Reflect.getOwnPropertyDescriptor(target, key),
  });
}

// What the classic preset gives to a preset that is built on it: of its plugins, those that publish docs.
function classicPreset({docs}) {
  return {themes: [], plugins: docs === false ? [] : [['@docusaurus/plugin-content-docs', docs || {}]]};
}

function defaultOf(value) {
  if (value === null || (typeof value !== 'object' && typeof value !== 'function')) return value;
  if (value[NAME] !== undefined) return value.default;
  return 'default' in value ? value.default : value;
}

function withoutTypes(source, file, siteRequire) {
  if (typeof Module.stripTypeScriptTypes === 'function') {
    try {
      return Module.stripTypeScriptTypes(source, {mode: 'strip'});
    } catch {
      // syntax that has to be rewritten and not only taken out: the next ones may know it
    }
  }
  try {
    const typescript = siteRequire('typescript');
    const compilerOptions = {module: 99, target: 99, verbatimModuleSyntax: false, isolatedModules: true};
    return typescript.transpileModule(source, {compilerOptions, fileName: file}).outputText;
  } catch {
    return stripTypes(source);
  }
}

class Loader {
  constructor(siteDir, notes) {
    this.siteRequire = Module.createRequire(path.join(siteDir, 'package.json'));
    this.notes = notes;
    this.stubbed = new Set();
    this.modules = new Map();
  }

  // What the site's own jiti gives, or undefined.
  viaJiti(file) {
    try {
      const core = Module.createRequire(this.siteRequire.resolve('@docusaurus/core/package.json'));
      const utils = Module.createRequire(core.resolve('@docusaurus/utils'));
      const jiti = utils('jiti')(file, {cache: false, requireCache: false, interopDefault: true});
      return {value: defaultOf(jiti(file))};
    } catch {
      return undefined;
    }
  }

  async load(file) {
    try {
      return defaultOf(await this.file(file));
    } catch (error) {
      const done = this.viaJiti(file);
      if (done) return done.value;
      throw error;
    }
  }

  find(name, from) {
    const base = path.resolve(path.dirname(from), name);
    return EXTENSIONS.map((extension) => base + extension).find((file) => fs.existsSync(file) && fs.statSync(file).isFile());
  }

  missing(name) {
    this.stubbed.add(name);
    return standIn(name);
  }

  async file(file) {
    if (this.modules.has(file)) return this.modules.get(file).exports;
    const source = fs.readFileSync(file, 'utf8').replace(/^\uFEFF/, '');
    const module = {exports: {}, filename: file, id: file, loaded: false, children: [], paths: []};
    this.modules.set(file, module);
    if (file.endsWith('.json')) {
      module.exports = JSON.parse(source);
      return module.exports;
    }
    const plain = /\.[mc]?ts$/.test(file) ? withoutTypes(source, file, this.siteRequire) : source;
    const code = toCommonJs(plain);
    const run = new AsyncFunction('exports', 'require', 'module', '__filename', '__dirname', '__import', '__default',
      '__meta', `${code}\n//# sourceURL=${pathToFileURL(file)}`);
    const meta = {url: pathToFileURL(file).href, filename: file, dirname: path.dirname(file),
      resolve: (name) => pathToFileURL(this.resolve(name, file)).href};
    await run.call(module.exports, module.exports, this.requireFrom(file), module, file, path.dirname(file),
      (name) => this.import(String(name), file), defaultOf, meta);
    return module.exports;
  }

  resolve(name, from) {
    try {
      return Module.createRequire(from).resolve(name);
    } catch {
      return /^[./]/.test(name) ? path.resolve(path.dirname(from), name) : name;
    }
  }

  // `require` inside the file `from`: it must answer at once, so a module of the site is run as Node would run it.
  requireFrom(from) {
    const real = Module.createRequire(from);
    const require = (name) => {
      try {
        return real(name);
      } catch (error) {
        const found = /^\.{0,2}\//.test(name) ? this.find(name, from) : undefined;
        if (found && this.modules.has(found)) return this.modules.get(found).exports;
        if (found && /\.c?[jt]s$/.test(found)) return this.sync(found);
        return this.missing(name);
      }
    };
    require.resolve = (name) => this.resolve(name, from);
    require.cache = real.cache;
    return require;
  }

  // A file with plain `require`s, TypeScript too, which fails in Node because of what it requires in turn.
  sync(file) {
    const module = {exports: {}, filename: file, id: file};
    this.modules.set(file, module);
    const source = fs.readFileSync(file, 'utf8').replace(/^\uFEFF/, '');
    const plain = /\.c?ts$/.test(file) ? withoutTypes(source, file, this.siteRequire) : source;
    try {
      const run = new Function('exports', 'require', 'module', '__filename', '__dirname', plain);
      run.call(module.exports, module.exports, this.requireFrom(file), module, file, path.dirname(file));
      return module.exports;
    } catch {
      return this.missing(path.basename(file));
    }
  }

  async import(name, from) {
    if (/^(\.{1,2}\/|\/|file:)/.test(name)) {
      const found = this.find(name.startsWith('file:') ? new URL(name).pathname : name, from);
      return found ? this.file(found) : this.missing(name);
    }
    try {
      return await import(pathToFileURL(Module.createRequire(from).resolve(name)).href);
    } catch {
      try {
        return Module.isBuiltin(name) ? require(name) : await this.packageModule(name, from);
      } catch {
        return this.missing(name);
      }
    }
  }

  // A package that is only for `import`, which `require.resolve` does not find.
  async packageModule(name, from) {
    const script = path.join(path.dirname(from), 'node_modules', ...name.split('/'));
    if (!fs.existsSync(script)) throw new Error('not installed');
    const manifest = JSON.parse(fs.readFileSync(path.join(script, 'package.json'), 'utf8'));
    const entry = manifest.exports && (typeof manifest.exports === 'string' ? manifest.exports
      : manifest.exports['.']?.import?.default || manifest.exports['.']?.import || manifest.exports['.']?.default
        || manifest.exports['.'] || manifest.exports.default || manifest.exports.import);
    return import(pathToFileURL(path.join(script, typeof entry === 'string' ? entry : manifest.main || 'index.js')).href);
  }
}

exports.createLoader = (notes) => new Loader(process.cwd(), notes);
