/** Whether a subject matches a pattern: the product's own rule, remembered, because it is asked a thousand times a seed. */
import { matches as doesMatch } from '@nats-bridge/protocol';

const known = new Map<string, Map<string, boolean>>();
/** Subjects of a few seeds. */
const MOST = 1_000;

export function matches(pattern: string, subject: string): boolean {
  const ofPattern = known.get(pattern) ?? new Map<string, boolean>();
  const remembered = ofPattern.get(subject);
  if (remembered !== undefined) return remembered;
  if (ofPattern.size === 0) known.set(pattern, ofPattern);
  if (ofPattern.size > MOST) ofPattern.clear();
  const does = doesMatch(pattern, subject);
  ofPattern.set(subject, does);
  return does;
}
