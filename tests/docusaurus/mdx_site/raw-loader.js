// What the package raw-loader does.
module.exports = function rawLoader(source) {
  return `export default ${JSON.stringify(source)};`;
};
