import { describe, expect, it } from 'vitest';
import { parseServerAddresses } from './server-address.js';

describe('parseServerAddresses', () => {
  it('takes one address, several, or several in one string', () => {
    expect(parseServerAddresses('nats://localhost').hosts).toEqual(['localhost:4222']);
    expect(parseServerAddresses('a:1, b:2').hosts).toEqual(['a:1', 'b:2']);
    expect(parseServerAddresses(['nats://[::1]:4333', 'b']).hosts).toEqual(['[::1]:4333', 'b:4222']);
  });

  it('keeps credentials out of what is shown', () => {
    expect(parseServerAddresses('nats://me:p%40ss@h:1')).toEqual({
      hosts: ['h:1'],
      credentials: { user: 'me', pass: 'p@ss' },
      tls: false,
      remoteHosts: ['h:1'],
    });
    expect(parseServerAddresses('tls://s3cr3t@h')).toEqual({
      hosts: ['h:4222'],
      credentials: { token: 's3cr3t' },
      tls: true,
      remoteHosts: ['h:4222'],
    });
  });

  it('refuses what is no address without repeating it', () => {
    expect(() => parseServerAddresses('http://user:hunter2@h')).toThrow(/nats:\/\/host:port/);
    expect(() => parseServerAddresses('http://user:hunter2@h')).not.toThrow(/hunter2/);
    expect(() => parseServerAddresses([])).toThrow(/no NATS server/);
  });
});
