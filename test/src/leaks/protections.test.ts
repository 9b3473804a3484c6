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
/** There bodies stand in any case, where nothing is sealed. */
const HOLD_BODIES: readonly string[] = ['wire', 'streams', 'backups'] satisfies Sink[];

async function sinksWithMarks({ name }: Pick<Protection, 'name'>): Promise<string[]> {
  const { stdout } = await promisify(execFile)(process.execPath, [join(BUILT, 'search.js')], {
    env: {
      ...process.env,
      NODE_OPTIONS: `--import file://${join(BUILT, 'switch-off.js')}`,
      [SWITCHED_OFF]: name,
    },
  });
  const found = JSON.parse(stdout.trim().split('\n').at(-1) ?? '') as Record<Sink, string[]>;
  return Object.entries(found).flatMap(([sink, marks]) =>
    marks.length > 0 && !HOLD_BODIES.includes(sink) ? [sink] : [],
  );
}

it.each(PROTECTIONS)(
  'without $name, something is found',
  async (protection) => {
    expect(await sinksWithMarks(protection)).toEqual(expect.arrayContaining([...protection.keepsOutOf]));
  },
  300_000,
);
