// Calls a config's `markdown.parseFrontMatter` and `markdown.preprocessor` with every page, as Docusaurus 3 does.
//
// Docusaurus' own front matter reader is not called here: the caller has the same rules, and gives its result for each
// text. Where a function of the config asks for that of another text, the text is listed in `wanted`, and the caller
// asks again with its result.
'use strict';

// JSON has no dates and no infinite numbers: they stand as {"$date": ISO text} and {"$number": name}.
function revived(value) {
  if (Array.isArray(value)) return value.map(revived);
  if (value === null || typeof value !== 'object') return value;
  if ('$date' in value) return new Date(value.$date);
  if ('$number' in value) return Number(value.$number);
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, revived(item)]));
}

function frozen(value) {
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? {$number: 'NaN'} : {$date: value.toISOString()};
  if (typeof value === 'number' && !Number.isFinite(value)) return {$number: String(value)};
  if (Array.isArray(value)) return value.map(frozen);
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, frozen(item)]));
}

function message(error) {
  return String((error && error.message) || error).split('\n')[0].slice(0, 500);
}

class PageReader {
  constructor(markdown, parsed) {
    this.markdown = markdown;
    this.parsed = new Map(parsed);
    this.wanted = new Set();
  }

  defaultParseFrontMatter = async ({fileContent}) => {
    const known = this.parsed.get(fileContent);
    if (known === undefined) this.wanted.add(fileContent);
    if (known === undefined || known.error !== undefined) throw new Error(known ? known.error : 'not known yet');
    return {frontMatter: revived(known.frontMatter), content: known.content};
  };

  async read(filePath, fileContent) {
    const {parseFrontMatter, preprocessor} = this.markdown;
    try {
      const page = {};
      if (typeof parseFrontMatter === 'function') {
        const {defaultParseFrontMatter} = this;
        const found = await parseFrontMatter({filePath, fileContent, defaultParseFrontMatter});
        if (!found || typeof found.content !== 'string' || !found.frontMatter || typeof found.frontMatter !== 'object') {
          throw new Error('markdown.parseFrontMatter gives no front matter and content');
        }
        page.frontMatter = frozen(found.frontMatter);
        page.content = found.content;
      }
      if (typeof preprocessor === 'function') {
        const text = preprocessor({filePath, fileContent});
        if (typeof text !== 'string') throw new Error('markdown.preprocessor gives no text');
        if (text !== fileContent) page.text = text;
      }
      return page;
    } catch (error) {
      return {error: message(error)};
    }
  }
}

// `files` holds [path, text], `parsed` holds [text, what Docusaurus' own reader makes of it].
exports.readPages = async (config, {files, parsed}) => {
  const reader = new PageReader(config.markdown, parsed);
  const pages = [];
  for (const [filePath, fileContent] of files) pages.push(await reader.read(filePath, fileContent));
  return {pages, wanted: [...reader.wanted]};
};
