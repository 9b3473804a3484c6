import { describe, expect, it } from 'vitest';
import { nativeLibraryError } from './native-library-error.js';

const LINUX = { platform: 'linux-x64', glibc: '2.36' };
const missingFile = (file: string) =>
  `Failed to load shared library: ${file}: cannot open shared object file`;

describe('a native library that does not load', () => {
  it.each<[string, unknown, typeof LINUX | { platform: string; glibc: undefined }, RegExp]>([
    [
      'an older glibc',
      new Error(
        "Failed to load shared library: /lib/x86_64-linux-gnu/libc.so.6: version `GLIBC_2.38' not found (required by …)",
      ),
      LINUX,
      /^Prism's native library needs glibc 2\.38 or newer, and this machine has 2\.36: use a newer system/,
    ],
    [
      'another C library',
      new Error(missingFile('ld-linux-x86-64.so.2')),
      { platform: 'linux-x64', glibc: undefined },
      /^Prism's native library is built for glibc/,
    ],
    [
      'another platform',
      new Error(missingFile('generated/linux-riscv64/libconnector_service_ffi.so')),
      { ...LINUX, platform: 'linux-riscv64' },
      /^hyperswitch-prism has no native library for linux-riscv64: it has linux-x64/,
    ],
    [
      'no package',
      Object.assign(new Error("Cannot find module 'hyperswitch-prism'"), { code: 'MODULE_NOT_FOUND' }),
      LINUX,
      /^hyperswitch-prism is not installed: npm install hyperswitch-prism@0\.4\.0/,
    ],
    ['anything else', new Error('bad magic'), LINUX, /does not load on linux-x64: bad magic/],
  ])('says what is missing: %s', (_, cause, machine, message) => {
    const error = nativeLibraryError(cause, machine);
    expect(error.message).toMatch(message);
    expect(error.message).toMatch(/or run a Prism server and name it with --target/);
    expect(error.cause).toBe(cause);
  });
});
