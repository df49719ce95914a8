import MDXComponents from '@theme-original/MDXComponents';

export default {
  ...MDXComponents,
  Registered: () => <p>Registered for all pages.</p>,
};
