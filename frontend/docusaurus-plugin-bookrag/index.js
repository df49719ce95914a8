// @ts-check
// Puts bookrag's widget on every page of a Docusaurus 3 site: `plugins: [['bookrag', {api: 'https://chat.book.example'}]]`.
// It swizzles nothing and renders nothing on the server: the script mounts the widget into the body once a page is loaded.

const {Joi} = require('@docusaurus/utils-validation');

/**
 * @typedef {object} Options
 * @property {string} api The service's address.
 * @property {string} [script] The script's address. Default: `<api>/widget.js`.
 * @property {string} [integrity] Of the script, as `/widget/manifest.json` lists it.
 * @property {string} [title]
 * @property {string} [version]
 * @property {'book' | 'chapter' | 'page'} scope
 * @property {'floating' | 'none'} button
 * @property {'end' | 'start'} side
 * @property {'beside' | 'over'} layout
 * @property {string} shortcut A letter, with Ctrl or Cmd; `none` for no shortcut.
 * @property {'session' | 'none'} storage
 * @property {boolean} selection
 * @property {boolean} accounts
 * @property {boolean} feedback
 * @property {string} [content] Selects the element with a page's text.
 * @property {string[]} suggestions
 * @property {Record<string, Record<string, string>>} messages
 */

/**
 * What the plugin reads of Docusaurus's context.
 * @typedef {object} Context
 * @property {string} baseUrl With the locale's path.
 * @property {{url: string, future?: {experimental_router?: string}}} siteConfig
 * @property {{currentLocale: string}} i18n
 */

const address = Joi.string().uri({scheme: ['http', 'https']});

const schema = Joi.object({
  api: address.required(),
  script: address,
  integrity: Joi.string().pattern(/^sha(?:256|384|512)-[A-Za-z0-9+/=]+$/),
  title: Joi.string(),
  version: Joi.string(),
  scope: Joi.string().valid('book', 'chapter', 'page').default('book'),
  button: Joi.string().valid('floating', 'none').default('floating'),
  side: Joi.string().valid('end', 'start').default('end'),
  layout: Joi.string().valid('beside', 'over').default('beside'),
  shortcut: Joi.string().pattern(/^(?:[a-jl-z]|none)$/, 'a letter but k, or none').default('i'), // Ctrl+K is the site's search
  storage: Joi.string().valid('session', 'none').default('session'),
  selection: Joi.boolean().default(true),
  accounts: Joi.boolean().default(true),
  feedback: Joi.boolean().default(false),
  content: Joi.string(),
  suggestions: Joi.array().items(Joi.string()).default([]),
  messages: Joi.object().pattern(Joi.string(), Joi.object().pattern(Joi.string(), Joi.string())).default({}),
});

/**
 * The script tag's attributes.
 * @param {Options} options
 * @param {Context} context
 * @returns {Record<string, string | boolean>}
 */
function attributes(options, {baseUrl, siteConfig, i18n}) {
  /** @param {boolean} value */
  const onOff = (value) => (value ? 'on' : 'off');
  /** @type {Record<string, string | boolean | undefined>} */
  const all = {
    src: options.script ?? `${options.api.replace(/\/+$/, '')}/widget.js`,
    async: true,
    integrity: options.integrity,
    crossorigin: options.integrity && 'anonymous',
    'data-api': options.api,
    'data-title': options.title,
    'data-locale': i18n.currentLocale,
    'data-version': options.version,
    'data-scope': options.scope,
    'data-button': options.button,
    'data-side': options.side,
    'data-layout': options.layout,
    'data-shortcut': options.shortcut,
    'data-storage': options.storage,
    'data-selection': onOff(options.selection),
    'data-accounts': onOff(options.accounts),
    'data-feedback': onOff(options.feedback),
    'data-content': options.content,
    'data-site-url': siteConfig.url,
    'data-base-url': baseUrl,
    'data-router': siteConfig.future?.experimental_router === 'hash' ? 'hash' : 'history',
    'data-suggestions': options.suggestions.length ? JSON.stringify(options.suggestions) : undefined,
    'data-messages': Object.keys(options.messages).length ? JSON.stringify(options.messages) : undefined,
  };
  return Object.fromEntries(Object.entries(all).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])));
}

/**
 * @param {Context} context
 * @param {Options} options
 */
module.exports = function pluginBookrag(context, options) {
  return {
    name: 'docusaurus-plugin-bookrag',
    getClientModules: () => [require.resolve('./client.js')],
    injectHtmlTags: () => ({headTags: [{tagName: 'script', attributes: attributes(options, context)}]}),
  };
};

/** @param {{options: unknown, validate: (shape: typeof schema, options: unknown) => Options}} input */
module.exports.validateOptions = ({options, validate}) => {
  try {
    return validate(schema, options);
  } catch (error) {
    if (error instanceof Error) error.message = `docusaurus-plugin-bookrag: ${error.message}`;
    throw error;
  }
};
