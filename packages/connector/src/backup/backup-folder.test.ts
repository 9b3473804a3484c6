import { existsSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { backupId, beginBackup } from './backup-folder.js';

describe('beginBackup', () => {
  it.runIf(existsSync('/proc/self'))('refuses a folder that cannot be made, and ends', async () => {
    await expect(beginBackup('/proc/nowhere/x', backupId(new Date()))).rejects.toThrow(
      'the folder /proc/nowhere cannot be made',
    );
  });
});
