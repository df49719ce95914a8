import React, {type ReactNode} from 'react';
import Loop from '@site/docs/part/_loop.mdx';

interface Props {
  readonly name: string;
}

function Own({name}: Props): ReactNode {
  return <Loop name={`own ${name}`} />;
}

export {Own};
