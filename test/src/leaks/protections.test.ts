/** Each protection is taken out of the built code, and the search for leaks finds what it had kept in. */
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { ROOT } from '../worker-process.js';
import { PROTECTIONS, type Protection } from './protections.js';
import { SWITCHED_OFF } from './switch-off.js';
import type { Sink } from './ways-out.js';

const BUILT = join(ROOT, 'test/dist/leaks');
async function sinksWithMarks({ name, keepsOutOf }: Protection): Promise<string[]> {
  const { stdout } = await promisify(execFile)(process.execPath, [join(BUILT, 'search.js'), ...keepsOutOf], {
    env: {
      ...process.env,
      NODE_OPTIONS: `--import file://${join(BUILT, 'switch-off.js')}`,
      [SWITCHED_OFF]: name,
    },
  });
  const found = JSON.parse(stdout.trim().split('\n').at(-1) ?? '') as Partial<Record<Sink, string[]>>;
  return Object.entries(found).flatMap(([sink, marks]) => (marks.length > 0 ? [sink] : []));
}

it.each(PROTECTIONS)(
  'without $name, something is found',
  async (protection) => {
    expect(await sinksWithMarks(protection)).toEqual(expect.arrayContaining([...protection.keepsOutOf]));
  },
  300_000,
);
