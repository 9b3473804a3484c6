import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    pool: 'forks',
    testTimeout: 90_000,
    hookTimeout: 120_000,
    maxWorkers: 3,
    // Node loads what is built sooner than Vite does, which would only hand it on.
    server: { deps: { external: [/\/(packages|workers)\/[^/]+\/dist\//] } },
    projects: [
      {
        extends: true,
        test: {
          name: 'system',
          include: ['{test,sim}/src/**/*.test.ts', 'scripts/**/*.test.ts'],
        },
      },
      {
        extends: true,
        test: {
          name: 'units',
          include: ['{packages,workers}/*/src/**/*.test.ts'],
          // A process loads its modules once for all its files, since that takes longer than most of the tests.
          isolate: false,
        },
      },
    ],
  },
});
