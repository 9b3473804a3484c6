/** A NATS server of its own for each test of a file, and what is closed before it. */
import { afterEach, beforeEach } from 'vitest';
import { startServer } from './stack-under-test.js';

/** Called once by a test file, before its tests. */
export function serverForEachTest() {
  const closers: (() => unknown)[] = [];
  let started: Awaited<ReturnType<typeof startServer>>;
  beforeEach(async () => {
    started = await startServer();
  });
  afterEach(async () => {
    for (const close of closers.splice(0).reverse()) await close();
    await started.dispose();
  });
  return {
    serverUrl: () => started.server.url,
    /** Run after the test, the last first. */
    closeAfter: (close: () => unknown) => void closers.push(close),
  };
}
