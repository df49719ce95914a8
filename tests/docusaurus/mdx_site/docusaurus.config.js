// A site of pages that take their text from expressions, components and imports; `test_mdx_pages.py` builds it.
export default {
  title: 'MDX pages',
  url: 'https://mdx.example',
  baseUrl: '/',
  onBrokenLinks: 'ignore',
  presets: [['classic', {docs: {routeBasePath: '/'}, blog: false, pages: false}]],
  themeConfig: {
    prism: {
      magicComments: [
        {className: 'highlighted', line: 'highlight-next-line', block: {start: 'highlight-start', end: 'highlight-end'}},
        {className: 'wrong', line: 'This is wrong'},
      ],
    },
  },
};
