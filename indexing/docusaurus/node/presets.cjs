// Calls presets, which are functions of (context, options), as Docusaurus 3 does: those of the site's own and those of
// packages that are installed. The plugins that they give stand behind the config's own ones afterwards, and `null` in
// the place of each such preset. The classic preset is not called: its options are read.
'use strict';

const Module = require('module');
const path = require('path');
const {pathToFileURL} = require('url');
const {NAME} = require('./plain.cjs');

function isStandIn(value) {
  return value !== null && value !== undefined && value[NAME] !== undefined;
}

function isLocal(name) {
  return /^(\.{1,2}\/|\/)/.test(name) && !/[\\/]node_modules[\\/]/.test(name);
}

// The packages that a preset's name in a config may mean, as Docusaurus has it.
function packagesOf(name) {
  if (!name.startsWith('@')) return [name, `@docusaurus/preset-${name}`, `docusaurus-preset-${name}`];
  const [scope, ...rest] = name.split('/');
  return rest.length === 0 ? [`${scope}/docusaurus-preset`] : [name, `${scope}/docusaurus-preset-${rest.join('/')}`];
}

// The preset of a package; undefined where it is not installed, and for the classic one.
async function installed(name, configFile) {
  const {resolve} = Module.createRequire(configFile);
  for (const each of packagesOf(name)) {
    let file;
    try {
      file = resolve(each);
    } catch {
      continue; // no package of that name
    }
    if (/[\\/]preset-classic[\\/]/.test(file)) return undefined;
    const {default: made} = await import(pathToFileURL(file).href);
    return made && made.default ? made.default : made;
  }
  return undefined;
}

// The preset as a function; undefined for one of a package that is not installed.
async function functionOf(head, configFile, loader) {
  if (typeof head === 'function') return isStandIn(head) ? undefined : head;
  if (typeof head !== 'string') return undefined;
  if (!isLocal(head)) return installed(head, configFile);
  const found = loader.find(head, configFile);
  if (found === undefined) throw new Error('its file is not there');
  return loader.load(found);
}

// The flags of `future`: each group of them may be one value for all.
function futureOf({v4, faster, ...rest} = {}) {
  const flags = (group) => (typeof group === 'object' ? {...group} : new Proxy({}, {get: () => group === true}));
  return {...rest, v4: flags(v4), faster: flags(faster)};
}

function contextOf(config, configFile) {
  const siteDir = path.dirname(configFile);
  const i18n = {defaultLocale: 'en', locales: ['en'], path: 'i18n', localeConfigs: {}, ...config.i18n};
  const defaults = {themeConfig: {}, customFields: {}, plugins: [], presets: [], themes: [], markdown: {}};
  const siteConfig = {...defaults, ...config, i18n, future: futureOf(config.future)};
  const currentLocale = process.env.DOCUSAURUS_CURRENT_LOCALE || i18n.defaultLocale;
  return {
    siteDir,
    siteConfig,
    siteConfigPath: configFile,
    generatedFilesDir: path.join(siteDir, '.docusaurus'),
    localizationDir: path.join(siteDir, i18n.path, currentLocale),
    outDir: path.join(siteDir, 'build'),
    baseUrl: config.baseUrl,
    i18n: {...i18n, currentLocale},
    codeTranslations: {},
  };
}

async function pluginsOf(preset, options, context) {
  if (typeof preset !== 'function') throw new Error('it is no function');
  const made = await preset(context, options);
  if (made === null || typeof made !== 'object') throw new Error('it gives no plugins');
  const plugins = made.plugins === undefined ? [] : made.plugins;
  if (!Array.isArray(plugins)) throw new Error('its plugins are no list');
  const unread = plugins.find((plugin) => isStandIn(plugin) && /preset/.test(plugin[NAME]));
  if (unread) throw new Error(`it takes plugins from the package ${unread[NAME]}, which is not installed`);
  return plugins;
}

function shownName(head, siteDir) {
  if (typeof head === 'function') return head.name || 'without a name';
  return path.isAbsolute(head) ? path.relative(siteDir, head) : head;
}

// `config` with the plugins of its own presets; why one cannot be called is added to `doubts`.
exports.withOwnPresets = async (config, configFile, loader, doubts) => {
  if (!Array.isArray(config.presets)) return config;
  const context = contextOf(config, configFile);
  const presets = [];
  const plugins = [];
  for (const entry of config.presets) {
    const [head, options] = Array.isArray(entry) && !isStandIn(entry) ? entry : [entry];
    try {
      const preset = await functionOf(head, configFile, loader);
      if (preset !== undefined) plugins.push(...(await pluginsOf(preset, options === undefined ? {} : options, context)));
      presets.push(preset === undefined ? entry : null);
    } catch (error) {
      doubts.add(`the preset ${shownName(head, context.siteDir)} could not be called: ${error.message}`);
      presets.push(null);
    }
  }
  if (plugins.length === 0) return {...config, presets};
  return {...config, presets, plugins: [...(Array.isArray(config.plugins) ? config.plugins : []), ...plugins]};
};
