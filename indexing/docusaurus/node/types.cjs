// Takes the types out of a TypeScript config, where neither Node nor the site has something that does it.
// Knows annotations of variables, parameters and results, `as`, `satisfies`, `!`, type arguments of calls, `type`,
// `interface`, `declare`, `import type` and enums; not namespaces and classes with types.
'use strict';

const {tokenize, closing, apply} = require('./tokens.cjs');

const TYPE_PREFIXES = new Set(['keyof', 'typeof', 'readonly', 'unique', 'infer', 'asserts', 'abstract']);
const NO_METHODS = new Set(['if', 'for', 'while', 'switch', 'with', 'return', 'typeof', 'await', 'new', 'in', 'of']);

class Stripper {
  constructor(source) {
    this.source = source;
    this.tokens = tokenize(source);
    this.edits = [];
  }

  text(i) {
    return i >= 0 && i < this.tokens.length && !['string', 'template'].includes(this.tokens[i].type)
      ? this.tokens[i].text : '';
  }

  isName(i) {
    return i >= 0 && i < this.tokens.length && this.tokens[i].type === 'name';
  }

  remove(from, to) {
    if (to > from) this.edits.push([this.tokens[from].start, this.tokens[to - 1].end, '']);
  }

  // The place after `<…>` that begins at `i`.
  typeArguments(i) {
    let depth = 0;
    for (let j = i; j < this.tokens.length; j += 1) {
      const text = this.text(j);
      if (text === '<') depth += 1;
      else if (text === '>') depth -= 1;
      else if (['{', '(', '['].includes(text)) j = closing(this.tokens, j) - 1;
      else if (text === ';' || text === '}' || text === ')') return i;
      if (depth === 0) return j + 1;
    }
    return i;
  }

  // The place after the type that begins at `i`.
  type(i) {
    let j = i;
    while (['|', '&'].includes(this.text(j))) j += 1;
    while (TYPE_PREFIXES.has(this.text(j)) && !['|', '=', ',', ')', ';', ''].includes(this.text(j + 1))) j += 1;
    j = this.primary(j);
    for (;;) {
      const text = this.text(j);
      const sameLine = j < this.tokens.length && !this.tokens[j].newline;
      if (text === '[' && sameLine) j = closing(this.tokens, j);
      else if (text === '|' || text === '&') j = this.type(j + 1);
      else if (text === 'is' && sameLine) j = this.type(j + 1);
      else if (text === 'extends') {
        j = this.type(j + 1);
        if (this.text(j) === '?') j = this.type(j + 1);
        if (this.text(j) === ':') j = this.type(j + 1);
      } else return j;
    }
  }

  primary(i) {
    let j = i;
    if (this.text(j) === 'new') j += 1;
    if (this.text(j) === '<') j = this.typeArguments(j);
    if (this.text(j) === '(') {
      j = closing(this.tokens, j);
      return this.text(j) === '=>' ? this.type(j + 1) : j;
    }
    if (this.text(j) === '{' || this.text(j) === '[') return closing(this.tokens, j);
    if (this.tokens[j] && this.tokens[j].type === 'templateHead') return closing(this.tokens, j);
    if (this.text(j) === '-') j += 1;
    if (this.text(j) === 'import' && this.text(j + 1) === '(') j = closing(this.tokens, j + 1) - 1;
    j += 1;
    while (this.text(j) === '.') j += 2;
    return this.text(j) === '<' ? this.typeArguments(j) : j;
  }

  // Parameters between the bracket at `open` and `end`, the place after the one that closes it.
  parameters(open, end) {
    let j = open + 1;
    while (j < end - 1) {
      if (this.text(j) === '...') j += 1;
      j = ['{', '['].includes(this.text(j)) ? closing(this.tokens, j) : j + 1;
      const from = j;
      if (this.text(j) === '?' && [':', ',', ')'].includes(this.text(j + 1))) j += 1;
      if (this.text(j) === ':') j = this.type(j + 1);
      this.remove(from, j);
      while (j < end - 1 && this.text(j) !== ',') {
        j = ['(', '{', '['].includes(this.text(j)) || this.tokens[j].type === 'templateHead'
          ? closing(this.tokens, j) : j + 1;
      }
      j += 1;
    }
  }

  statement(i) {
    let j = this.text(i) === 'export' ? i + 1 : i;
    const word = this.text(j);
    if (word === 'import' && this.text(j + 1) === 'type' && !['from', ','].includes(this.text(j + 2))) {
      return this.endOfStatement(j);
    }
    if (word === 'export' || (word === 'type' && i !== j && this.text(j + 1) === '{')) return this.endOfStatement(j);
    if (word === 'type' && this.isName(j + 1) && ['=', '<'].includes(this.text(j + 2))) {
      j += 2;
      if (this.text(j) === '<') j = this.typeArguments(j);
      j = this.type(j + 1);
      return this.text(j) === ';' ? j + 1 : j;
    }
    if (word === 'interface' && this.isName(j + 1)) {
      while (j < this.tokens.length && this.text(j) !== '{') j += 1;
      return closing(this.tokens, j);
    }
    return word === 'declare' && this.isName(j + 1) ? this.endOfStatement(j) : i;
  }

  endOfStatement(i) {
    for (let j = i; j < this.tokens.length; j += 1) {
      if (this.text(j) === ';') return j + 1;
      if (j > i && this.tokens[j].newline && this.text(j - 1) !== ',') return j;
      if (['{', '('].includes(this.text(j))) j = closing(this.tokens, j) - 1;
    }
    return this.tokens.length;
  }

  endsExpression(i) {
    const token = this.tokens[i];
    if (!token) return false;
    if (token.type === 'sign') return [')', ']', '}'].includes(token.text);
    return token.type !== 'templateHead' && !['return', 'case', 'typeof', 'const', 'let', 'var'].includes(token.text);
  }

  // A list of parameters with the type of its result, if the bracket at `i` opens one.
  maybeFunction(i) {
    const end = closing(this.tokens, i);
    let name = i - 1;
    if (this.text(name) === '>') {
      for (let depth = 0; name >= 0; name -= 1) {
        depth += (this.text(name) === '>') - (this.text(name) === '<');
        if (depth === 0) break;
      }
      name -= 1;
    }
    const before = this.text(name);
    let after = end;
    if (this.text(end) === ':' && before !== '?') after = this.type(end + 1);
    const isArrow = this.text(after) === '=>';
    const isFunction = before === 'function' || ['function', '*'].includes(this.text(name - 1));
    const isMethod = this.text(after) === '{' && this.isName(name) && !NO_METHODS.has(before)
      && (before === 'catch' || ['{', ',', 'async', 'get', 'set'].includes(this.text(name - 1)) || isFunction);
    if (!isArrow && !isMethod && !isFunction) return;
    this.parameters(i, end);
    this.remove(end, after);
  }

  variable(i) {
    let j = i + 1;
    j = ['{', '['].includes(this.text(j)) ? closing(this.tokens, j) : j + 1;
    const from = j;
    if (this.text(j) === '!') j += 1;
    if (this.text(j) === ':') this.remove(from, this.type(j + 1));
  }

  // `enum Name {A = 'a', B}` as an object, with the numbers that are not written; gives its last place.
  enumeration(i) {
    const end = closing(this.tokens, i + 2);
    const members = [];
    for (let j = i + 3; j < end - 1; j += 1) {
      const key = this.tokens[j].text;
      const from = j + 1;
      for (j += 1; j < end - 1 && this.text(j) !== ','; j += 1) {
        if (['(', '{', '['].includes(this.text(j))) j = closing(this.tokens, j) - 1;
      }
      const value = this.text(from) === '=' ? this.source.slice(this.tokens[from].end, this.tokens[j - 1].end) : 'last + 1';
      members.push(`last = made[${this.isName(from - 1) ? JSON.stringify(key) : key}] = ${value};`);
    }
    const start = this.text(i - 1) === 'const' ? i - 1 : i;
    const made = `const ${this.text(i + 1)} = (() => { let last = -1; const made = {}; ${members.join(' ')} return made; })();`;
    this.edits.push([this.tokens[start].start, this.tokens[end - 1].end, made]);
    return end - 1;
  }

  run() {
    for (let i = 0; i < this.tokens.length; i += 1) {
      const text = this.text(i);
      const starts = i === 0 || [';', '}', '{'].includes(this.text(i - 1)) || this.tokens[i].newline;
      const next = this.text(i + 1);
      if (starts && ['import', 'export', 'type', 'interface', 'declare'].includes(text) && ![':', '(', '.'].includes(next)) {
        const end = this.statement(i);
        this.remove(i, end);
        if (end > i) i = end - 1;
        else if (text === 'import' || (text === 'export' && ['{', '*'].includes(next))) {
          i = this.names(i);
        }
      } else if (text === 'enum' && this.isName(i + 1) && this.text(i + 2) === '{') i = this.enumeration(i);
      else if (['const', 'let', 'var'].includes(text)) {
        if (next !== 'enum') this.variable(i);
      } else if (text === '(') this.maybeFunction(i);
      else if ((text === 'as' || text === 'satisfies') && this.endsExpression(i - 1) && !this.tokens[i].newline
        && ![':', ',', '=', '(', ')', '.', '=>', ''].includes(next)) {
        const end = this.type(i + 1);
        this.remove(i, end);
        i = end - 1;
      } else if (text === '!' && this.endsExpression(i - 1) && !this.tokens[i].newline) this.remove(i, i + 1);
      else if (text === '<' && this.isName(i - 1)) {
        const end = this.typeArguments(i);
        if (end > i && this.text(end) === '(') this.remove(i, end);
      }
    }
    return apply(this.source, this.edits);
  }

  // Takes `type X` out of the names of an import or export; gives the last place of the statement.
  names(i) {
    const end = this.endOfStatement(i);
    for (let j = i; j < end; j += 1) {
      if (this.text(j) === 'type' && this.isName(j + 1) && ['{', ','].includes(this.text(j - 1))) {
        let last = j + 2;
        while (last < end && ![',', '}'].includes(this.text(last))) last += 1;
        this.remove(j, this.text(last) === ',' ? last + 1 : last);
      }
    }
    return end - 1;
  }
}

exports.stripTypes = (source) => new Stripper(source).run();
