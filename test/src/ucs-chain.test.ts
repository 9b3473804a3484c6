/** The UCS worker in a chain, bridge → NATS → worker → bridge → NATS → sandbox, answers as the direct way does. */
import { OPERATIONS, operationOfMethod, UCS_METHODS } from '@nats-bridge/protocol';
import { createGrpcTarget, createUcsWorker } from '@nats-bridge/ucs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { MODES, startStack } from './stack-under-test.js';
import { driveEveryMethod, type Step, withNumberedIds } from './ucs-scenario.js';

describe.each(MODES)('a chain of two bridges, %s', (mode) => {
  const closers: (() => Promise<void>)[] = [];
  const warnings: string[] = [];
  let direct: readonly Step[];
  let chained: readonly Step[];

  beforeAll(async () => {
    const [alone, near, far] = [
      await startStack({ mode }),
      await startStack({ mode, sandbox: false }),
      await startStack({ mode }),
    ];
    closers.push(alone.close, near.close, far.close);
    const worker = createUcsWorker({
      servers: near.server.url,
      jetstream: mode === 'durable',
      target: createGrpcTarget({ target: far.grpcUrl }),
    });
    await worker.start();
    closers.push(() => worker.stop());
    expect(near.server.url).not.toBe(far.server.url);
    direct = withNumberedIds(await driveEveryMethod(alone));
    // The calls come in at the near bridge; the clock is the sandbox's, behind the far one.
    chained = withNumberedIds(await driveEveryMethod({ ...near, advance: far.advance }));
    warnings.push(...near.warnings, ...far.warnings);
  }, 120_000);
  afterAll(async () => {
    for (const close of closers.reverse()) await close();
  });

  it('was driven through every method that is served', () => {
    const served = [
      ...UCS_METHODS.map(({ service, method }) => `${service}/${method}`).filter(operationOfMethod),
      ...OPERATIONS.flatMap(({ aliases }) => aliases ?? []),
    ];
    expect([...new Set(direct.map(({ method }) => method))].sort()).toEqual(served.sort());
  });

  it('answers each call as one bridge does, field by field', () => {
    expect(chained.map(({ method }) => method)).toEqual(direct.map(({ method }) => method));
    for (const [index, step] of direct.entries())
      expect(chained[index], `call ${index}, ${step.method}`).toEqual(step);
  });

  it('has nothing to warn of', () => {
    expect(warnings).toEqual([]);
  });
});
