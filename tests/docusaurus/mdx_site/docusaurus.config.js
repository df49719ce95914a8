// A site of pages that take their text from expressions, components and imports; `test_mdx_pages.py` builds it.
import path from 'node:path';

export default {
  title: 'MDX pages',
  url: 'https://mdx.example',
  baseUrl: '/',
  onBrokenLinks: 'ignore',
  onBrokenAnchors: 'ignore',
  onDuplicateRoutes: 'ignore',
  i18n: {defaultLocale: 'en', locales: ['en', 'de']},
  presets: [['classic', {docs: {routeBasePath: '/'}, blog: false, pages: false}]],
  plugins: [
    ['content-docs', {id: 'manual', path: 'manual', routeBasePath: 'manual', sidebarPath: './sidebars.js'}],
    () => ({
      name: 'raw-loader',
      configureWebpack: () => ({
        resolveLoader: {alias: {'raw-loader': path.resolve('raw-loader.js')}},
      }),
    }),
  ],
  themeConfig: {
    prism: {
      magicComments: [
        {className: 'highlighted', line: 'highlight-next-line', block: {start: 'highlight-start', end: 'highlight-end'}},
        {className: 'wrong', line: 'This is wrong'},
      ],
    },
  },
};
