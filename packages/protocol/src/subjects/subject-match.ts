/** Subjects and their wildcards: `*` is one token, `>` at the end is one or more. Pure. */

// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is refused.
const LITERAL = /^[^\x00-\x20\x7f.*>]+(\.[^\x00-\x20\x7f.*>]+)*$/;

/** Whether something can be published on it: tokens with dots between them, no wildcards, no white space. */
export function isLiteral(subject: string): boolean {
  return LITERAL.test(subject);
}

/** Whether a message published on the literal `subject` reaches a subscription to `pattern`. */
export function matches(pattern: string, subject: string): boolean {
  const wanted = pattern.split('.');
  const tokens = subject.split('.');
  for (const [index, token] of wanted.entries()) {
    if (token === '>') return index === wanted.length - 1 && tokens.length > index;
    if (index >= tokens.length || (token !== '*' && token !== tokens[index])) return false;
  }
  return wanted.length === tokens.length;
}

/** Whether some subject matches both patterns. */
export function overlaps(one: string, other: string): boolean {
  const a = one.split('.');
  const b = other.split('.');
  for (let index = 0; ; index++) {
    const left = a[index];
    const right = b[index];
    if (left === undefined || right === undefined) return left === right;
    if (left === '>' || right === '>') return true;
    if (left !== right && left !== '*' && right !== '*') return false;
  }
}

/** Whether every subject that matches `narrow` matches `wide` too. */
export function covers(wide: string, narrow: string): boolean {
  const wanted = wide.split('.');
  const given = narrow.split('.');
  for (const [index, token] of wanted.entries()) {
    const other = given[index];
    if (other === undefined) return false;
    if (token === '>') return true;
    if (other === '>' || (token !== '*' && token !== other)) return false;
  }
  return wanted.length === given.length;
}
