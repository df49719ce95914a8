import React from 'react';
import MDXComponents from '@theme-original/MDXComponents';
import Boxed from '@site/src/components/Boxed';

export default {
  ...MDXComponents,
  Boxed,
  Registered: () => <p>Registered for all pages.</p>,
};
