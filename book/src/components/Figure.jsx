import React from 'react';
import useBaseUrl from '@docusaurus/useBaseUrl';

/** A drawing with its caption. */
export default function Figure({src, alt, caption}) {
  return (
    <figure>
      <img src={useBaseUrl(src)} alt={alt} />
      <figcaption>{caption}</figcaption>
    </figure>
  );
}
