/** Subject wildcards: `*` is one token, `>` one or more at the end. */

/** Whether some subject matches both patterns. A literal subject is a pattern too. */
export function overlaps(first: string, second: string): boolean {
  const a = first.split('.');
  const b = second.split('.');
  for (let index = 0; ; index++) {
    const [left, right] = [a[index], b[index]];
    if (left === undefined || right === undefined) return left === right;
    if (left === '>' || right === '>') return true;
    if (left !== right && left !== '*' && right !== '*') return false;
  }
}
