/** Certificates for one test: an authority, and what it signed for servers and callers on this machine. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Paths of PEM files. */
export type Signed = { readonly certFile: string; readonly keyFile: string };

export type Authority = {
  readonly caFile: string;
  readonly folder: string;
  /** For 127.0.0.1 and localhost, a day unless told otherwise; under the same name, it takes the old one's place. */
  sign(name: string, days?: number): Signed;
  text(file: string): string;
  dispose(): void;
};

const NEW_KEY = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];

export function createAuthority(name = 'test authority'): Authority {
  const folder = mkdtempSync(join(tmpdir(), 'nats-bridge-certificates-'));
  const at = (file: string) => join(folder, file);
  const caKey = at('ca-key.pem');
  const caFile = at('ca.pem');
  openssl('req', '-x509', ...NEW_KEY, '-keyout', caKey, '-out', caFile, '-days', '1', '-subj', `/CN=${name}`);
  writeFileSync(at('names.cnf'), 'subjectAltName=IP:127.0.0.1,DNS:localhost\n');
  return {
    caFile,
    folder,
    sign(subject, days = 1) {
      const signed = { certFile: at(`${subject}.pem`), keyFile: at(`${subject}-key.pem`) };
      const request = at(`${subject}.csr`);
      openssl('req', ...NEW_KEY, '-keyout', signed.keyFile, '-out', request, '-subj', `/CN=${subject}`);
      openssl(
        ...['x509', '-req', '-in', request, '-CA', caFile, '-CAkey', caKey, '-CAcreateserial'],
        ...['-out', signed.certFile, '-days', String(days), '-extfile', at('names.cnf')],
      );
      return signed;
    },
    text: (file) => readFileSync(file, 'utf8'),
    dispose: () => rmSync(folder, { recursive: true, force: true }),
  };
}

function openssl(...args: readonly string[]): void {
  execFileSync('openssl', args, { stdio: ['ignore', 'ignore', 'pipe'] });
}
