import React, {useState} from 'react';

export default function Card({title, children, kind = 'info', ...rest}) {
  const [open, setOpen] = useState(false);
  if (kind === 'none') {
    return null;
  }
  return (
    <div className={kind} onClick={() => setOpen(!open)}>
      <strong>{title}</strong>
      {open && <i>never shown</i>}
      <div>{children}</div>
      <em>End of the card.</em>
    </div>
  );
}
