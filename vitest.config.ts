import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['{packages,workers}/*/src/**/*.test.ts', '{test,sim}/src/**/*.test.ts', 'scripts/**/*.test.ts'],
    pool: 'forks',
    testTimeout: 30_000,
    hookTimeout: 60_000,
    maxWorkers: 3,
  },
});
