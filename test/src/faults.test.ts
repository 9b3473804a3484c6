/** A short fault run; the long ones are `npm run faults`. */
import { describe, expect, it } from 'vitest';
import { runOnce } from './faults/run.js';

const violations = ({ findings }: Awaited<ReturnType<typeof runOnce>>) =>
  Object.entries(findings).flatMap(([promise, { violations: found }]) =>
    found.map((one) => ({ promise, ...one })),
  );

describe('with processes killed, frozen and cut off under load', () => {
  it('every promise holds', async () => {
    const result = await runOnce({ seed: 1, payments: 200 });
    expect(violations(result)).toEqual([]);
    expect(Object.keys(result.faults).length).toBeGreaterThanOrEqual(9);
    expect(result.evidence.calls.length).toBeGreaterThan(200);
  }, 300_000);
});
