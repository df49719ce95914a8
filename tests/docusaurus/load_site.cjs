// Loads a site as `docusaurus build` does before it bundles, and writes as JSON which doc is published at which address:
// [{address, doc, version}]. Arguments: the site's folder, and a locale where it is built alone.
'use strict';

const path = require('path');
const {createRequire} = require('module');

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

async function main(siteDir, only) {
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

main(path.resolve(process.argv[2]), process.argv[3]).then(
  (found) => process.stdout.write(`\nLOADED ${JSON.stringify(found)}\n`, () => process.exit(0)),
  (error) => {
    console.error(error);
    process.exit(1);
  },
);
