import React from 'react';

const Boxed = (props) => {
  return <div className="boxed">[{props.children}]</div>;
};

export default Boxed;
