import React from 'react';
import Link from '@docusaurus/Link';
import Layout from '@theme/Layout';

/** The cover of the book. */
export default function Cover() {
  return (
    <Layout title="Cover" description="A short textbook on physical AI and humanoid robots">
      <main className="container padding-vert--xl">
        <h1>Physical AI and Humanoid Robots</h1>
        <p>How machines sense, decide and move in the same world that we live in.</p>
        <Link className="button button--primary button--lg" to="/docs">
          Read the book
        </Link>
      </main>
    </Layout>
  );
}
