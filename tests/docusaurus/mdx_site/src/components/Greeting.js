import React from 'react';
import Translate, {translate} from '@docusaurus/Translate';

export default function Greeting() {
  return (
    <p className={translate({message: 'Hover'})}>
      <Translate id="greeting.text" description="A greeting">
        Greeting from a component.
      </Translate>{' '}
      {translate({id: 'greeting.more', message: 'More of it.'})}
    </p>
  );
}
