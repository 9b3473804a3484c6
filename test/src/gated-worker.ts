/** A worker that does one thing at a time, as the attempt's name says: `att_held…` waits for the gate, `att_declined…` is declined. */
import { createWorker, type HandlerResponse, type Worker } from '@nats-bridge/worker';

export type Execution = { readonly attemptId: string; readonly attempt: number };

/** @param executions gets one entry for each run, as the processor's book would */
export async function startGatedWorker(
  url: string,
  executions: Execution[],
  gate: Promise<void>,
): Promise<Worker> {
  const worker = createWorker({
    servers: url,
    concurrency: 1,
    handlers: {
      async authorize({ router_data }, { attempt }): Promise<HandlerResponse> {
        const attemptId = router_data.attempt_id;
        executions.push({ attemptId, attempt });
        if (attemptId.startsWith('att_held')) await gate;
        if (attemptId.startsWith('att_declined'))
          return { status: 'failure', error: { code: 'card_declined', message: 'declined' } };
        return { status: 'success', transaction_id: `txn_${attemptId}_${attempt}` };
      },
      // Then only the ledger keeps what is open from being told as failed.
      sync: () => ({ status: 'failure', error: { code: 'not_found', message: 'no such payment' } }),
    },
  });
  await worker.start();
  return worker;
}
