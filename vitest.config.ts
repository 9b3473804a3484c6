import { defineConfig } from 'vitest/config';
import { LongestFirst } from './scripts/test-order.mjs';

export default defineConfig({
  test: {
    include: ['{test,sim}/src/**/*.test.ts', 'scripts/**/*.test.ts', '{packages,workers}/*/src/**/*.test.ts'],
    pool: 'forks',
    // A process loads its modules once for all its files: that takes longer than most of the tests.
    isolate: false,
    testTimeout: 90_000,
    hookTimeout: 120_000,
    // More than there are processors where there are few: much of a test of the whole is waiting.
    maxWorkers: 4,
    sequence: { sequencer: LongestFirst },
    // Node loads what is built sooner than Vite does, which would only hand it on.
    server: { deps: { external: [/\/(packages|workers)\/[^/]+\/dist\//] } },
  },
});
