/** `nats-bridge worker sandbox`: the simulated processor as a worker. */
import { Command } from 'commander';
import { type WorkerCommandOptions, withWorkerOptions, workerOptionsOf } from '../options/worker-options.js';

export function sandboxCommand(): Command {
  return withWorkerOptions(new Command('sandbox'))
    .summary('simulated processor: test cards, every operation, shared memory')
    .description(
      'Takes every operation from NATS and answers as a processor would. Test cards: docs/sandbox.md.',
    )
    .action(async (options: WorkerCommandOptions) => {
      const { createSandboxWorker } = await import('@nats-bridge/sandbox');
      await createSandboxWorker(workerOptionsOf('sandbox', options)).runUntilSignal();
    });
}
