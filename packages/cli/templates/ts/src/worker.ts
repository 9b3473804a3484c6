/** The worker: takes requests from NATS and answers them. Your part is processor.ts; the SDK does the rest. */
import { createWorker } from '@nats-bridge/worker';
import { inMemoryProcessor } from './processor.js';

const { NATS_URL, NATS_CREDS, NATS_CA, JETSTREAM_DOMAIN, POOL } = process.env;

const worker = createWorker({
  servers: NATS_URL ?? 'nats://127.0.0.1:4222',
  credentials: NATS_CREDS ? { kind: 'creds', credsFile: NATS_CREDS } : undefined,
  tls: NATS_CA ? { caFile: NATS_CA } : undefined,
  jetstreamDomain: JETSTREAM_DOMAIN || undefined,
  pool: POOL || undefined,
  name: 'my-worker',
  handlers: inMemoryProcessor(),
  onEvent: (event) => console.log(event.type),
});
await worker.runUntilSignal();
