/** NATS that is away, at first or for a while: what callers hear then is true, and what comes after it works. */
import type { JsonObject } from '@nats-bridge/protocol';
import { describe, expect, it } from 'vitest';
import { authorizeRequest, MODES, type Stack, startServer, startStack } from './stack-under-test.js';
import { until } from './until.js';

const AUTHORIZE = 'PaymentService/Authorize';

let count = 0;
const next = () => `att_${++count}`;

async function expectNextWorks(stack: Stack) {
  const attempt = next();
  const answer = await stack.call(AUTHORIZE, authorizeRequest(attempt), attempt);
  expect(answer).toMatchObject({ status: 'CHARGED', status_code: 200 });
}

describe.each(MODES)('NATS that is not there, %s', (mode) => {
  const config = { connection: { connect_timeout_ms: 500, max_reconnects: -1 }, request_timeout_ms: 3_000 };

  it('is answered at once as not sent, and used as soon as it is there', async () => {
    const { server, dispose } = await startServer();
    await server.kill();
    const stack = await startStack({ mode, runningServer: server, sandbox: false, prepare: false, config });
    try {
      const attempt = next();
      const answer = await stack.call(AUTHORIZE, authorizeRequest(attempt), attempt);
      expect(answer).toMatchObject({
        status: 'FAILURE',
        status_code: 503,
        error: { connector_details: { code: 'NATS_UNREACHABLE' } },
      });
      await server.restart();
      await stack.startSandbox();
      await expectNextWorks(stack);
    } finally {
      await stack.close();
      await dispose();
    }
  });

  it('goes away under load, and no answer is wrong', async () => {
    const { server, dispose } = await startServer();
    const stack = await startStack({
      mode,
      runningServer: server,
      config: { ...config, request_timeout_ms: 1_000 },
    });
    try {
      const attempts: { attempt: string; answer: Promise<JsonObject> }[] = [];
      let isRunning = true;
      let givenUp = 0;
      const load = (async () => {
        while (isRunning) {
          const attempt = next();
          const answer = stack.call(AUTHORIZE, authorizeRequest(attempt), attempt).then((given) => {
            if (given.status !== 'CHARGED') givenUp += 1;
            return given;
          });
          attempts.push({ attempt, answer });
          await Promise.race([answer, new Promise((resolve) => setTimeout(resolve, 20))]);
        }
      })();
      await until('some payments', () => (attempts.length >= 20 ? true : undefined));
      await server.kill();
      // Short outages are waited out; this one lasts until somebody has waited too long.
      await until('payments that were given up', () => (givenUp >= 10 ? true : undefined));
      await server.restart();
      const whenUp = attempts.length;
      await until('payments after it', async () => {
        const later = attempts.slice(whenUp);
        const ends = await Promise.all(later.map(({ answer }) => answer));
        return ends.some(({ status }) => status === 'CHARGED') ? true : undefined;
      });
      isRunning = false;
      await load;

      const seen = new Set<string>();
      const check = async ({ attempt, answer }: (typeof attempts)[number]) => {
        const { status, connector_transaction_id } = await answer;
        seen.add(String(status));
        expect(['CHARGED', 'PENDING', 'FAILURE']).toContain(status);
        // A question that nobody answered in time, on a machine that is busy, says nothing: it is asked again.
        const truth = await until(`an answer on ${attempt}`, async () => {
          const heard = await stack.call(
            'PaymentService/Get',
            { merchant_transaction_id: attempt, connector_transaction_id: '' },
            attempt,
          );
          return status === 'PENDING' || !['PENDING', undefined].includes(heard.status as string)
            ? heard
            : undefined;
        });
        if (status === 'CHARGED') expect(truth).toMatchObject({ status, connector_transaction_id });
        // Failed means: it has not happened, and it never will.
        // The sandbox knows nothing of it, or the ledger says that it was withdrawn.
        if (status === 'FAILURE') expect(['UNRESOLVED', 'FAILURE'], attempt).toContain(truth.status);
        if (status === 'PENDING') expect(connector_transaction_id).toBe(`bridge:authorize:${attempt}`);
      };
      await Promise.all(attempts.map(check));
      expect(seen).toContain('CHARGED');
      expect(seen.size).toBeGreaterThan(1);
      await expectNextWorks(stack);
    } finally {
      await stack.close();
      await dispose();
    }
  });
});
