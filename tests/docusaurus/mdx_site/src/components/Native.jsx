import Started from '@site/docs/part/_getting-started.md';
import Loop from '@site/docs/part/_loop.mdx';

export default function Native() {
  return (
    <>
      <Started />
      <Loop name="seven" />
    </>
  );
}
