// Turns what a config exports into plain JSON. A function becomes {"$function": name, "$path": where it stands}, a
// stand-in for a package that is not installed {"$function": name, "$missing": true}, and an object into which such a
// package was spread has the key "$spread" with the package's name.
'use strict';

const DEPTH_LIMIT = 30;
const NAME = Symbol.for('bookrag.name');

function nameOf(value) {
  const own = value[NAME];
  return String(own === undefined ? value.name || '' : own);
}

function callable(value, path) {
  return value[NAME] === undefined ? {$function: nameOf(value), $path: path} : {$function: nameOf(value), $missing: true};
}

// `path` is where the value stands in the config, for the notes and for calling a function again.
function plain(value, path, seen, notes) {
  if (typeof value === 'function') return callable(value, path);
  if (typeof value === 'bigint') return Number(value);
  if (typeof value === 'symbol' || value === undefined) return undefined;
  if (value === null || typeof value !== 'object') return value;
  if (value instanceof RegExp) return String(value);
  if (value instanceof Date) return value.toISOString();
  if (value[NAME] !== undefined) return callable(value, path);
  if (seen.includes(value) || path.length > DEPTH_LIMIT) return null;
  const below = [...seen, value];
  if (Array.isArray(value)) {
    return value.map((item, index) => {
      const result = plain(item, [...path, index], below, notes);
      return result === undefined ? null : result;
    });
  }
  const result = {};
  for (const key of Object.keys(value)) {
    // What is never read is not walked through: it may be large, and may hold anything.
    if (path.length === 0 && key === 'themeConfig') {
      const {magicComments} = (value.themeConfig && value.themeConfig.prism) || {};
      if (Array.isArray(magicComments)) {
        result.themeConfig = {prism: {magicComments: plain(magicComments, [...path, key, 'prism'], below, notes)}};
      }
      continue;
    }
    if (path.length === 0 && ['customFields', 'webpack', 'headTags', 'scripts'].includes(key)) continue;
    const item = plain(value[key], [...path, key], below, notes);
    if (item !== undefined) result[key] = item;
  }
  return result;
}

exports.NAME = NAME;
exports.toPlain = (value, notes) => plain(value, [], [], notes);
