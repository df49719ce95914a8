import React from 'react';
import useDocusaurusContext from '@docusaurus/useDocusaurusContext';

export default function Site() {
  const {siteConfig} = useDocusaurusContext();
  return <p>Site {siteConfig.title} at {siteConfig.url}.</p>;
}
