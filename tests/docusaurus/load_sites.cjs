// Loads sites as `docusaurus build` does before it bundles, all in one process, as the modules of Docusaurus take longer
// to load than a site. The argument is a folder with `sites.json`: [{siteDir, locales, environment}], where `locales` are
// those that are built alone. Writes {pages: [{address, doc, version}]}, or {error: output} where the site is refused, for each.
'use strict';

const fs = require('fs');
const path = require('path');
const {createRequire} = require('module');
const {inspect} = require('util');

async function loaded(siteDir, locale, alone) {
  if (locale) process.env.DOCUSAURUS_CURRENT_LOCALE = locale;
  const {loadSite} = createRequire(path.join(siteDir, 'package.json'))('@docusaurus/core/lib/server/site.js');
  return loadSite({siteDir, outDir: 'build', locale, automaticBaseUrlLocalizationDisabled: alone});
}

function pages(routes, found = []) {
  for (const route of routes) {
    if (route.routes) pages(route.routes, found);
    else if (route.metadata && route.metadata.sourceFilePath) found.push(route);
  }
  return found;
}

async function published(siteDir, only) {
  const first = await loaded(siteDir, only, only !== undefined);
  const found = [];
  for (const locale of only ? [only] : first.props.i18n.locales) {
    const {props} = locale === first.props.i18n.currentLocale ? first : await loaded(siteDir, locale, false);
    const docs = new Map();
    for (const plugin of props.plugins.filter(({name}) => name === 'docusaurus-plugin-content-docs')) {
      for (const version of plugin.content.loadedVersions) {
        for (const doc of version.docs) docs.set(doc.permalink.replace(/(.)\/$/, '$1'), [doc.id, version.versionName]);
      }
    }
    for (const route of pages(props.routes)) {
      const [doc, version] = docs.get(route.path.replace(/(.)\/$/, '$1')) || [];
      found.push({address: props.siteConfig.url + route.path, doc, version});
    }
  }
  return found;
}

// What `work` gives, or its error with all that was written meanwhile.
async function listened(work) {
  const streams = [process.stdout, process.stderr].map((stream) => [stream, stream.write]);
  let output = '';
  for (const [stream] of streams) stream.write = (text) => (output += text) !== undefined;
  try {
    return {pages: await work()};
  } catch (error) {
    return {error: `${output}\n${inspect(error, {depth: 10})}`};
  } finally {
    for (const [stream, write] of streams) stream.write = write;
  }
}

async function main(sites) {
  const inherited = {...process.env};
  const results = [];
  for (const {siteDir, locales, environment} of sites) {
    process.env = {...inherited, ...environment};
    process.chdir(siteDir);
    const work = async () => {
      const found = [];
      for (const locale of locales.length ? locales : [undefined]) found.push(...(await published(siteDir, locale)));
      return found;
    };
    results.push(await listened(work));
  }
  return results;
}

main(JSON.parse(fs.readFileSync(path.join(process.argv[2], 'sites.json'), 'utf8'))).then((results) =>
  process.stdout.write(`\nLOADED ${JSON.stringify(results)}\n`, () => process.exit(0)),
);
