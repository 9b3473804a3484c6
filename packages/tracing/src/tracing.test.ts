import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';

const LOADED = `
  import { createRequire } from 'node:module';
  await import(process.argv[1]);
  const loaded = Object.keys(createRequire(import.meta.url).cache);
  console.log(loaded.filter((file) => file.includes('@opentelemetry')).length);
`;

it('loads nothing of OpenTelemetry in a process that traces nothing', async () => {
  const ours = new URL('../dist/index.js', import.meta.url).href;
  const count = async (module: string) => {
    const args = ['--input-type=module', '--eval', LOADED, module];
    return Number((await promisify(execFile)(process.execPath, args)).stdout);
  };
  expect(await count(ours)).toBe(0);
  expect(await count(new URL('./export-spans.js', ours).href)).toBeGreaterThan(0);
});
