import { describe, expect, it } from 'vitest';
import { type TargetOptions, targetAddress } from './target-address.js';

describe('the address of a UCS', () => {
  it.each<[string, Omit<TargetOptions, 'target'>, string, boolean]>([
    ['localhost:8000', {}, 'localhost:8000', true],
    ['127.0.0.1:8000', {}, '127.0.0.1:8000', true],
    ['127.9.9.9:8000', {}, '127.9.9.9:8000', true],
    ['[::1]:8000', {}, '[::1]:8000', true],
    ['http://localhost:8000/', {}, 'localhost:8000', true],
    ['https://localhost:8000', {}, 'localhost:8000', false],
    ['localhost:8000', { tls: {} }, 'localhost:8000', false],
    ['prism.internal:8000', {}, 'prism.internal:8000', false],
    ['https://prism.internal:8000', {}, 'prism.internal:8000', false],
    ['10.0.0.7:8000', {}, '10.0.0.7:8000', false],
    ['prism.internal:8000', { insecure: true }, 'prism.internal:8000', true],
    ['http://prism.internal:8000', { insecure: true }, 'prism.internal:8000', true],
  ])('%s with %j is %s, in plain text: %s', (target, options, address, isPlain) => {
    expect(targetAddress({ target, ...options })).toMatchObject({ address, isPlain });
  });

  it.each<[TargetOptions, RegExp]>([
    [{ target: 'prism' }, /"prism" is no target: write host:port/],
    [{ target: 'prism:0' }, /is no target/],
    [{ target: 'prism:70000' }, /is no target/],
    [{ target: 'ftp://prism:1' }, /is no target/],
    [
      { target: 'http://prism.internal:8000' },
      /is plain text to another machine.*use https:\/\/, or --insecure/,
    ],
    [{ target: 'http://127.0.0.1.attacker.example:80' }, /is plain text to another machine/],
    [{ target: 'https://prism:1', insecure: true }, /exclude each other/],
    [{ target: 'prism:1', tls: { certFile: 'a.pem' } }, /belong together/],
  ])('refuses %j', (options, message) => {
    expect(() => targetAddress(options)).toThrow(message);
  });
});
