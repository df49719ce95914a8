import React from 'react';

class Legacy extends React.Component {
  render() {
    return <p>Class component {this.props.name}.</p>;
  }
}

export default Legacy;
