import React from 'react';

/** The one sentence of a page to remember. */
export default function KeyIdea({title = 'Key idea', children}) {
  return (
    <aside className="alert alert--success margin-bottom--md">
      <strong>{title}</strong>
      <div>{children}</div>
    </aside>
  );
}
