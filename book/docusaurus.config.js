// @ts-check
import {themes as prismThemes} from 'prism-react-renderer';
import rehypeKatex from 'rehype-katex';
import remarkMath from 'remark-math';

/** Maths is the same in the book and in the labs. */
const maths = {
  remarkPlugins: [remarkMath],
  rehypePlugins: [rehypeKatex],
};

/** A list of our own replaces Docusaurus' own, so its own is repeated here. */
const exclude = [
  '**/_*.{js,jsx,ts,tsx,md,mdx}',
  '**/_*/**',
  '**/*.test.{js,jsx,ts,tsx}',
  '**/__tests__/**',
  '**/*.notes.md',
];

/** @type {import('@docusaurus/types').Config} */
const config = {
  title: 'Physical AI and Humanoid Robots',
  tagline: 'A short textbook',
  url: 'https://physical-ai.example',
  baseUrl: '/',
  trailingSlash: false,
  onBrokenLinks: 'throw',
  onBrokenAnchors: 'throw',
  onDuplicateRoutes: 'throw',

  i18n: {
    defaultLocale: 'en',
    locales: ['en', 'ur'],
    localeConfigs: {
      en: {label: 'English', htmlLang: 'en'},
      ur: {label: 'اردو', direction: 'rtl', htmlLang: 'ur'},
    },
  },

  markdown: {
    mermaid: true,
    hooks: {onBrokenMarkdownLinks: 'throw', onBrokenMarkdownImages: 'throw'},
  },
  themes: ['@docusaurus/theme-mermaid'],

  presets: [
    [
      'classic',
      /** @type {import('@docusaurus/preset-classic').Options} */
      ({
        docs: {
          sidebarPath: './sidebars.js',
          exclude,
          lastVersion: 'current',
          versions: {
            current: {label: '2.0'},
            '1.0': {label: '1.0', banner: 'unmaintained'},
          },
          ...maths,
        },
        blog: false,
        theme: {customCss: './src/css/custom.css'},
      }),
    ],
  ],

  plugins: [
    [
      '@docusaurus/plugin-content-docs',
      {
        id: 'labs',
        path: 'labs',
        routeBasePath: 'labs',
        sidebarPath: './sidebars-labs.js',
        ...maths,
      },
    ],
  ],

  themeConfig:
    /** @type {import('@docusaurus/preset-classic').ThemeConfig} */
    ({
      navbar: {
        title: 'Physical AI',
        items: [
          {type: 'docSidebar', sidebarId: 'book', label: 'Book', position: 'left'},
          {to: '/labs', label: 'Labs', position: 'left'},
          {type: 'docsVersionDropdown', position: 'right'},
          {type: 'localeDropdown', position: 'right'},
        ],
      },
      prism: {
        theme: prismThemes.github,
        darkTheme: prismThemes.dracula,
        additionalLanguages: ['bash', 'cpp', 'yaml', 'markup'],
      },
    }),
};

export default config;
