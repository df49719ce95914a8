// Builds a site as `docusaurus build --no-minify` does, but for the bundle that browsers load: nothing of it is on the
// pages, and it takes longer than all the rest. Arguments: the site's folder, then the language and the output folder
// where one language is built alone.
'use strict';

const fs = require('fs');
const path = require('path');
const {createRequire} = require('module');
const {inspect} = require('util');

const NO_BUNDLES = {entrypoints: [], origins: {}, assets: {}};

function withoutBrowsersBundle(core, siteDir) {
  const compiler = createRequire(core.resolve('@docusaurus/bundler'))('./compiler');
  const {compile} = compiler;
  compiler.compile = ({configs, currentBundler}) => {
    fs.writeFileSync(path.join(siteDir, '.docusaurus', 'client-manifest.json'), JSON.stringify(NO_BUNDLES));
    return compile({configs: configs.filter(({name}) => name === 'server'), currentBundler});
  };
}

async function main(siteDir, locale, outDir) {
  const core = createRequire(createRequire(path.join(siteDir, 'package.json')).resolve('@docusaurus/core/package.json'));
  withoutBrowsersBundle(core, siteDir);
  const {build} = core('./lib/commands/build/build.js');
  await build(siteDir, {minify: false, ...(locale === undefined ? {} : {locale: [locale], outDir})});
}

main(path.resolve(process.argv[2]), process.argv[3], process.argv[4]).then(
  () => process.exit(0),
  (error) => {
    console.error(inspect(error, {depth: 10}));
    process.exit(1);
  },
);
