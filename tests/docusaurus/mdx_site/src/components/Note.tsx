import React from 'react';

type Props = {text: string; level?: number};

export const Note = ({text, level = 1}: Props) => (
  <p>
    Level {level}: {text as string}.
  </p>
);
