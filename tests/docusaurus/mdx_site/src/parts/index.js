import React from 'react';
import First from '@site/docs/part/_loop.mdx';
export {default as Loop} from '@site/docs/part/_loop.mdx';
export {Own as renamed} from './own';

export const Both = () => (
  <div>
    <First name="both one" />
    <First name="both two" />
  </div>
);
