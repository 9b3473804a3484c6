/** Makes the mutants of a source: each lacks one thing or has it the other way round. By lines: the formatter sees to their shape. */

/** What may be put in a line's place; each that changes it is a mutant. */
const CHANGES = [
  [
    'condition is always true',
    (line) => line.replace(/^(\s*(?:\} else )?if) \(.*?\)( .*)$/, keepBalanced('true')),
  ],
  [
    'condition is never true',
    (line) => line.replace(/^(\s*(?:\} else )?if) \(.*?\)( .*)$/, keepBalanced('false')),
  ],
  ['<= becomes <', (line) => line.replace(/ <= /, ' < ')],
  ['>= becomes >', (line) => line.replace(/ >= /, ' > ')],
  ['> becomes >=', (line) => line.replace(/(?<!=) > /, ' >= ')],
  ['< becomes <=', (line) => line.replace(/ < (?!.*;$.*<)/, ' <= ')],
  ['=== becomes !==', (line) => line.replace(/ === /, ' !== ')],
  ['!== becomes ===', (line) => line.replace(/ !== /, ' === ')],
  ['&& becomes ||', (line) => line.replace(/ && /, ' || ')],
  ['|| becomes &&', (line) => line.replace(/ \|\| /, ' && ')],
  ['+ becomes -', (line) => line.replace(/(?<=[\w)]) \+ /, ' - ')],
  ['- becomes +', (line) => line.replace(/(?<=[\w)]) - /, ' + ')],
  ['true becomes false', (line) => line.replace(/\btrue\b/, 'false')],
  ['false becomes true', (line) => line.replace(/\bfalse\b/, 'true')],
  ['statement is gone', (line) => (isStatement(line) ? '' : line)],
];

/** @returns {{line: number, what: string, mutated: string}[]} */
export function mutantsOf(source) {
  const lines = source.split('\n');
  const mutants = [];
  const code = codeLines(lines);
  for (const index of code) {
    const line = lines[index];
    for (const [what, change] of CHANGES) {
      const changed = change(line);
      if (changed === line) continue;
      const mutated = lines.with(index, changed).join('\n');
      mutants.push({ line: index + 1, what: `${what}: ${line.trim()}`, mutated });
    }
  }
  return mutants;
}

/** Neither comments, nor imports, nor types: taking those away changes no behaviour. */
function codeLines(lines) {
  const code = [];
  let depth = 0;
  let isInside = false;
  for (const [index, line] of lines.entries()) {
    const text = line.trim();
    if (text === '' || /^(\/\/|\/?\*)/.test(text)) continue;
    isInside ||= /^(export )?(type|interface) |^import /.test(line);
    if (!isInside) {
      code.push(index);
      continue;
    }
    for (const character of line) depth += '{(['.includes(character) ? 1 : '})]'.includes(character) ? -1 : 0;
    if (depth === 0 && text.endsWith(';')) isInside = false;
  }
  return code;
}

function isStatement(line) {
  return /^\s+\S.*;$/.test(line) && !/^\s*(const|let|case|default|[|:?).\]}])/.test(line);
}

/** Replaces a whole parenthesis, of which a regular expression sees only the first closing one. */
function keepBalanced(value) {
  return (whole, head) => {
    const from = whole.indexOf('(', head.length - 1);
    let depth = 0;
    for (let index = from; index < whole.length; index++) {
      if (whole[index] === '(') depth++;
      if (whole[index] === ')' && --depth === 0)
        return `${whole.slice(0, from)}(${value})${whole.slice(index + 1)}`;
    }
    return whole;
  };
}
