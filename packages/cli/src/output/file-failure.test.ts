import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { fileFailure } from './file-failure.js';

const folder = mkdtempSync(join(tmpdir(), 'nats-bridge-files-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function thrownBy(action: () => void): unknown {
  try {
    action();
  } catch (error) {
    return error;
  }
  throw new Error('nothing was thrown');
}

describe('fileFailure', () => {
  it('says of a file what is wrong with it, and leaves every other error alone', () => {
    const file = join(folder, 'file');
    writeFileSync(file, '');
    const missing = join(folder, 'missing');
    expect(fileFailure(thrownBy(() => readFileSync(missing)))).toBe(
      `${missing}: there is no such file or folder (ENOENT)`,
    );
    expect(fileFailure(thrownBy(() => mkdirSync(join(file, 'below'))))).toBe(
      `${join(file, 'below')}: something on the way to it is no folder (ENOTDIR)`,
    );
    expect(fileFailure(thrownBy(() => mkdirSync(folder)))).toBe(`${folder}: it is there already (EEXIST)`);
    expect(
      fileFailure(Object.assign(new Error('said already'), { code: 'ENOENT', path: 'x' })),
    ).toBeUndefined();
    expect(fileFailure(new Error('something else'))).toBeUndefined();
    expect(fileFailure('text')).toBeUndefined();
  });
});
