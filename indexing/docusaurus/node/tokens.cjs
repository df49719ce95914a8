// Cuts JavaScript or TypeScript into tokens: {type, text, start, end, newline}. Comments and white space are left out;
// `newline` tells whether one stands before the token. Enough for a config; not a parser.
'use strict';

const IDENTIFIER = /[\p{ID_Start}$_#][\p{ID_Continue}$\u200c\u200d]*/uy;
const NUMBER = /(?:0[xXbBoO][\da-fA-F_]+|(?:\d[\d_]*)?\.?\d[\d_]*(?:[eE][-+]?\d+)?)n?|\d+\./y;
// `>` stands alone, since types nest with it: `a >> b` is two tokens, which is no harm to text that is kept.
const PUNCTUATOR = /=>|\.\.\.|===|!==|==|!=|<=|\?\?=|\?\?|\?\.(?!\d)|\|\||&&|\+\+|--|\*\*|[-+*/%|&^]=|[{}()[\];,<>=+\-*/%&|^!~?:.@#]/y;
const BEFORE_REGEX = new Set(['return', 'typeof', 'case', 'in', 'of', 'delete', 'void', 'throw', 'new', 'else', 'do',
  'await', 'yield', 'instanceof', 'default']);

function at(regex, source, position) {
  regex.lastIndex = position;
  const match = regex.exec(source);
  return match ? match[0] : '';
}

function stringEnd(source, start) {
  const quote = source[start];
  for (let i = start + 1; i < source.length; i += 1) {
    if (source[i] === '\\') i += 1;
    else if (source[i] === quote) return i + 1;
  }
  return source.length;
}

function regexEnd(source, start) {
  let inClass = false;
  for (let i = start + 1; i < source.length && source[i] !== '\n'; i += 1) {
    if (source[i] === '\\') i += 1;
    else if (source[i] === '[') inClass = true;
    else if (source[i] === ']') inClass = false;
    else if (source[i] === '/' && !inClass) return i + 1 + at(/[a-z]*/y, source, i + 1).length;
  }
  return start + 1;
}

function regexMayFollow(token) {
  if (!token) return true;
  if (token.type === 'name') return BEFORE_REGEX.has(token.text);
  return token.type === 'sign' && ![')', ']', '}'].includes(token.text);
}

function tokenize(source) {
  const tokens = [];
  const templates = []; // depth of braces at which each open `${` ends
  let depth = 0;
  let newline = false;
  let i = source.startsWith('#!') ? source.indexOf('\n') : 0;
  const push = (type, end) => {
    tokens.push({type, text: source.slice(i, end), start: i, end, newline});
    newline = false;
    i = end;
  };
  // From `i`, which stands on a backtick or on the brace that ends a `${}`, to the next `${` or the closing backtick.
  const template = () => {
    for (let j = i + 1; j < source.length; j += 1) {
      if (source[j] === '\\') j += 1;
      else if (source[j] === '`') return push('template', j + 1);
      else if (source[j] === '$' && source[j + 1] === '{') {
        templates.push(depth);
        return push('templateHead', j + 2);
      }
    }
    return push('template', source.length);
  };
  while (i < source.length) {
    const char = source[i];
    if (/\s/.test(char)) {
      if (char === '\n') newline = true;
      i += 1;
    } else if (source.startsWith('//', i)) {
      const end = source.indexOf('\n', i);
      i = end < 0 ? source.length : end;
    } else if (source.startsWith('/*', i)) {
      const end = source.indexOf('*/', i + 2);
      const next = end < 0 ? source.length : end + 2;
      if (source.slice(i, next).includes('\n')) newline = true;
      i = next;
    } else if (char === '"' || char === "'") push('string', stringEnd(source, i));
    else if (char === '`') template();
    else if (char === '}' && templates.length && templates[templates.length - 1] === depth) {
      templates.pop();
      template();
    } else if (char === '/' && regexMayFollow(tokens[tokens.length - 1])) push('regex', regexEnd(source, i));
    else if (at(IDENTIFIER, source, i)) push('name', i + at(IDENTIFIER, source, i).length);
    else if (/\d/.test(char) || (char === '.' && /\d/.test(source[i + 1] || ''))) {
      push('number', i + Math.max(1, at(NUMBER, source, i).length));
    } else {
      if (char === '{') depth += 1;
      if (char === '}') depth -= 1;
      push('sign', i + Math.max(1, at(PUNCTUATOR, source, i).length));
    }
  }
  return tokens;
}

// The place after the bracket that closes the one at `open`.
function closing(tokens, open) {
  let depth = 0;
  for (let i = open; i < tokens.length; i += 1) {
    const {type, text} = tokens[i];
    if (type === 'templateHead') {
      if (!text.startsWith('}')) depth += 1;
    } else if (type === 'template') {
      if (text.startsWith('}')) depth -= 1;
    } else if (type === 'sign' && '{(['.includes(text)) depth += 1;
    else if (type === 'sign' && '})]'.includes(text)) depth -= 1;
    if (depth === 0) return i + 1;
  }
  return tokens.length;
}

// `source` with each [start, end, text] of `edits` put in.
function apply(source, edits) {
  let result = '';
  let position = 0;
  for (const [start, end, text] of [...edits].sort((a, b) => a[0] - b[0] || a[1] - b[1])) {
    if (start < position) continue;
    result += source.slice(position, start) + text;
    position = end;
  }
  return result + source.slice(position);
}

module.exports = {tokenize, closing, apply};
