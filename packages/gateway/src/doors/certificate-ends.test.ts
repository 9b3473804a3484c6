import { execFileSync } from 'node:child_process';
import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { createCertificateEnds } from './certificate-ends.js';

const folder = mkdtempSync(join(tmpdir(), 'nats-bridge-certificate-ends-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const DAY_MS = 86_400_000;

/** Path of a certificate for so many days. */
function certificate(name: string, days: number): string {
  const file = join(folder, `${name}.pem`);
  const key = [
    '-newkey',
    'ec',
    '-pkeyopt',
    'ec_paramgen_curve:prime256v1',
    '-nodes',
    '-keyout',
    `${file}.key`,
  ];
  const about = ['-days', String(days), '-subj', `/CN=${name}`];
  execFileSync('openssl', ['req', '-x509', ...key, '-out', file, ...about], { stdio: 'ignore' });
  return file;
}

/** In whole days from now. */
const daysOf = (ends: ReturnType<ReturnType<typeof createCertificateEnds>>) =>
  ends.map(({ use, endsAt }) => [use, Math.round((endsAt - Date.now()) / DAY_MS)]);

describe('the ends of certificates', () => {
  const short = certificate('short', 3);
  const long = certificate('long', 90);
  const both = join(folder, 'both.pem');
  writeFileSync(both, readFileSync(long));
  appendFileSync(both, readFileSync(short));

  it('are the first of an own chain, and the last of those who may have signed', () => {
    const door = { cert_file: both, key_file: `${long}.key`, client_ca_file: both };
    const nats = { cert_file: short, key_file: `${short}.key`, ca_file: long, handshake_first: false };
    expect(daysOf(createCertificateEnds({ grpc: door, http: { ...door, cert_file: long }, nats })())).toEqual(
      [
        ['grpc_door', 3],
        ['grpc_client_ca', 90],
        ['http_door', 90],
        ['http_client_ca', 90],
        ['nats_client', 3],
        ['nats_ca', 90],
      ],
    );
  });

  it('are read anew: a renewed file counts at once, and one that is no certificate is left out', () => {
    const file = join(folder, 'renewed.pem');
    writeFileSync(file, readFileSync(short));
    const ends = createCertificateEnds({ http: { cert_file: file, key_file: `${short}.key` } });
    expect(daysOf(ends())).toEqual([['http_door', 3]]);
    writeFileSync(file, readFileSync(long));
    expect(daysOf(ends())).toEqual([['http_door', 90]]);
    writeFileSync(file, '-----BEGIN CERTIFICATE-----\nnone\n-----END CERTIFICATE-----\n');
    expect(ends()).toEqual([]);
    rmSync(file);
    expect(ends()).toEqual([]);
  });

  it('are none without TLS', () => {
    expect(createCertificateEnds({})()).toEqual([]);
  });
});
