/** The worker: takes requests from NATS and answers them. Your part is processor.ts; the SDK does the rest. */
import { createWorker } from '@nats-bridge/worker';
import { inMemoryProcessor } from './processor.js';

const worker = createWorker({
  servers: process.env.NATS_URL ?? 'nats://127.0.0.1:4222',
  name: 'my-worker',
  handlers: inMemoryProcessor(),
  onEvent: (event) => console.log(event.type),
});
await worker.runUntilSignal();
