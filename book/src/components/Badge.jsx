import React from 'react';

/** A short mark beside a heading or a word. */
export default function Badge({children}) {
  return <span className="badge badge--secondary">{children}</span>;
}
