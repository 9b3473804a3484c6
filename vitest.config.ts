import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['{packages,workers}/*/src/**/*.test.ts', '{test,sim}/src/**/*.test.ts', 'scripts/**/*.test.ts'],
    pool: 'forks',
    testTimeout: 90_000,
    hookTimeout: 120_000,
    maxWorkers: 3,
  },
});
