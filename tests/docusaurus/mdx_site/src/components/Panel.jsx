import React, {useEffect, useMemo} from 'react';
import clsx from 'clsx';
import useBaseUrl from '@docusaurus/useBaseUrl';
import styles from './panel.module.css';

const LABELS = {row: 'Row label'};

function Line({item: {title, text}}) {
  return (
    <p>
      {title} — {text}
    </p>
  );
}

export function Row({name, value}) {
  return <p className={clsx(styles.row, name)}>{LABELS[name] ?? 'none'}: {value}</p>;
}

export const Steps = ({steps}) => (
  <ol>
    {steps.map((step, index) => (
      <li key={step}>Step {index + 1}: {step}.</li>
    ))}
  </ol>
);

export const Rated = ({stars}) => <span>{'★'.repeat(stars)} of {5}</span>;

Rated.displayName = 'Rated';

function Panel({title, rows}) {
  const count = useMemo(() => rows.length, [rows]);
  const image = useBaseUrl('/img/x.png');
  useEffect(() => {
    document.title = title;
  }, [title]);
  return (
    <section>
      <h3>{title}</h3>
      <img src={image} alt={`Picture of ${title}`} />
      {rows.map((row) => (
        <Line key={row.title} item={row} />
      ))}
      <footer>{count} rows</footer>
    </section>
  );
}

Panel.Footer = () => <p>Footer of the panel.</p>;

export default Panel;
