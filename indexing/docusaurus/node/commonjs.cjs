// Turns the import and export statements of a module into calls, so that a name which a package lacks, or a package
// which is not installed, is found out when it is used and not before.
'use strict';

const {tokenize, closing, apply} = require('./tokens.cjs');

class Converter {
  constructor(source) {
    this.source = source;
    this.tokens = tokenize(source);
    this.edits = [];
    this.count = 0;
    this.head = '';
    this.tail = '';
  }

  text(i) {
    return this.tokens[i] && this.tokens[i].type !== 'string' ? this.tokens[i].text : '';
  }

  replace(from, to, text) {
    this.edits.push([this.tokens[from].start, this.tokens[to - 1].end, text]);
  }

  // The place after the statement whose module's name stands at `i`.
  after(i) {
    let j = i + 1;
    if (['with', 'assert'].includes(this.text(j)) && this.text(j + 1) === '{') j = closing(this.tokens, j + 1);
    return this.text(j) === ';' ? j + 1 : j;
  }

  // [{name, as}] between the braces at `open`.
  names(open) {
    const end = closing(this.tokens, open) - 1;
    const found = [];
    for (let j = open + 1; j < end; j += 1) {
      const name = this.tokens[j].text;
      const renamed = this.text(j + 1) === 'as';
      found.push({name, as: renamed ? this.tokens[j + 2].text : name});
      while (j < end && this.text(j) !== ',') j += 1;
    }
    return found;
  }

  // The bindings of an import are read when they are used, as in a real module.
  importAt(i) {
    let j = i + 1;
    const variable = `__module${this.count++}`;
    const bindings = [];
    while (j < this.tokens.length && this.tokens[j].type !== 'string') {
      if (this.text(j) === '{') {
        for (const {name, as} of this.names(j)) bindings.push(`${as} = ${variable}[${this.quoted(name)}]`);
        j = closing(this.tokens, j);
      } else if (this.text(j) === '*') {
        bindings.push(`${this.text(j + 2)} = ${variable}`);
        j += 3;
      } else {
        if (!['from', ','].includes(this.text(j))) bindings.push(`${this.text(j)} = __default(${variable})`);
        j += 1;
      }
    }
    const end = this.after(j);
    const load = `const ${variable} = await __import(${this.tokens[j].text});`;
    this.head += load + bindings.map((binding) => `const ${binding};`).join('');
    this.replace(i, end, ';');
    return end - 1;
  }

  quoted(name) {
    return /^['"]/.test(name) ? name : JSON.stringify(name);
  }

  exportAt(i) {
    const next = this.text(i + 1);
    if (next === 'default') {
      const names = ['function', 'class'].includes(this.text(i + 2)) || this.text(i + 3) === 'function';
      let k = i + 2;
      while (['async', 'function', 'class', '*'].includes(this.text(k))) k += 1;
      const named = names && this.tokens[k].type === 'name' && this.text(k) !== 'extends';
      this.replace(i, i + 2, named ? '' : 'exports.default =');
      if (named) this.tail += `\nexports.default = ${this.text(k)};`;
      return i + 1;
    }
    if (next === '{') {
      const end = closing(this.tokens, i + 1);
      const from = this.text(end) === 'from' ? this.tokens[end + 1].text : null;
      const source = from ? `__module${this.count++}` : null;
      if (from) this.head += `const ${source} = await __import(${from});`;
      for (const {name, as} of this.names(i + 1)) {
        const value = from ? (name === 'default' ? `__default(${source})` : `${source}[${this.quoted(name)}]`) : name;
        this.tail += `\nexports[${this.quoted(as)}] = ${value};`;
      }
      const last = from ? this.after(end + 1) : this.text(end) === ';' ? end + 1 : end;
      this.replace(i, last, ';');
      return last - 1;
    }
    if (next === '*') {
      const named = this.text(i + 2) === 'as';
      const from = this.tokens[i + (named ? 4 : 3)];
      const load = `await __import(${from.text})`;
      this.tail += named ? `\nexports.${this.text(i + 3)} = ${load};` : `\nObject.assign(exports, ${load});`;
      const last = this.after(i + (named ? 4 : 3));
      this.replace(i, last, ';');
      return last - 1;
    }
    return this.declaration(i);
  }

  // `export const a = …`, `export function f() {}`: the names are exported at the end.
  declaration(i) {
    let k = i + 1;
    while (['async', 'function', 'class', '*', 'const', 'let', 'var'].includes(this.text(k))) k += 1;
    const names = this.text(k) === '{' ? this.names(k).map(({as}) => as) : [this.text(k)];
    for (const name of names) this.tail += `\nexports.${name} = ${name};`;
    this.replace(i, i + 1, '');
    return i;
  }

  run() {
    let depth = 0;
    for (let i = 0; i < this.tokens.length; i += 1) {
      const {type, text} = this.tokens[i];
      if (type === 'templateHead' && !text.startsWith('}')) depth += 1;
      if (type === 'template' && text.startsWith('}')) depth -= 1;
      if (type === 'sign' && '{(['.includes(text)) depth += 1;
      if (type === 'sign' && '})]'.includes(text)) depth -= 1;
      if (type !== 'name' || this.text(i - 1) === '.') continue;
      if (text === 'import' && this.text(i + 1) === '.') this.replace(i, i + 3, '__meta');
      else if (text === 'import' && this.text(i + 1) === '(') this.replace(i, i + 1, '__import');
      else if (depth === 0 && text === 'import') i = this.importAt(i);
      else if (depth === 0 && text === 'export') i = this.exportAt(i);
    }
    return `${this.head}${apply(this.source, this.edits)}${this.tail}`;
  }
}

exports.toCommonJs = (source) => new Converter(source).run();
