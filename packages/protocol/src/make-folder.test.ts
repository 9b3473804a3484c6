import { existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { ValidationError } from './bridge-error.js';
import { makeFolder } from './make-folder.js';

const home = mkdtempSync(join(tmpdir(), 'nats-bridge-folders-'));
afterAll(() => rmSync(home, { recursive: true, force: true }));

describe('makeFolder', () => {
  it('makes it with those above it that are missing, and leaves one that is there alone', () => {
    const folder = join(home, 'a/b');
    makeFolder(folder, { mode: 0o700 });
    expect(statSync(join(home, 'a')).mode & 0o777).toBe(0o700);
    expect(statSync(folder).mode & 0o777).toBe(0o700);
    makeFolder(folder);
    expect(statSync(folder).mode & 0o777).toBe(0o700);
  });

  it('refuses a path on which there is a file, and names it', () => {
    const file = join(home, 'file');
    writeFileSync(file, '');
    expect(() => makeFolder(file)).toThrow(`the folder ${file} cannot be made (EEXIST)`);
    expect(() => makeFolder(join(file, 'below'))).toThrow(`the folder ${file} cannot be made (EEXIST)`);
    expect(existsSync(join(file, 'below'))).toBe(false);
  });

  it.runIf(existsSync('/proc/self'))('ends where a folder is there and takes no other', () => {
    expect(() => makeFolder('/proc/nowhere/x')).toThrow(ValidationError);
    expect(() => makeFolder('/proc/nowhere/x')).toThrow(
      /^the folder \/proc\/nowhere cannot be made \(E\w+\)/,
    );
  });
});
