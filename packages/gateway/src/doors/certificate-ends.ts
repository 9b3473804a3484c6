/** When the certificates that the gateway uses end: of its doors, and of its connection to NATS. */
import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { NatsBridge } from '@nats-bridge/connector';
import type { DoorTlsFiles } from './door-tls.js';

export type CertificateUse =
  | 'grpc_door'
  | 'grpc_client_ca'
  | 'http_door'
  | 'http_client_ca'
  | 'nats_client'
  | 'nats_ca';

export type CertificateEnd = {
  readonly use: CertificateUse;
  /** Milliseconds since the epoch. */
  readonly endsAt: number;
};

/** Reads the files anew: they may have been renewed. What cannot be read is left out; who uses it says so. */
export type ReadCertificateEnds = () => readonly CertificateEnd[];

export type CertificateFiles = {
  readonly grpc?: DoorTlsFiles;
  readonly http?: DoorTlsFiles;
  readonly nats?: NatsBridge['config']['tls'];
};

export function createCertificateEnds({ grpc, http, nats }: CertificateFiles): ReadCertificateEnds {
  const files: readonly (readonly [CertificateUse, string | undefined, typeof firstEnd])[] = [
    ['grpc_door', grpc?.cert_file, firstEnd],
    ['grpc_client_ca', grpc?.client_ca_file, lastEnd],
    ['http_door', http?.cert_file, firstEnd],
    ['http_client_ca', http?.client_ca_file, lastEnd],
    ['nats_client', nats?.cert_file, firstEnd],
    ['nats_ca', nats?.ca_file, lastEnd],
  ];
  return () =>
    files.flatMap(([use, file, endOf]) => {
      const ends = file === undefined ? [] : endsIn(file);
      return ends.length === 0 ? [] : [{ use, endsAt: endOf(ends) }];
    });
}

/** Of a certificate and those that vouch for it: it holds only while all of them do. */
function firstEnd(ends: readonly number[]): number {
  return Math.min(...ends);
}

/** Of those who may have signed: an old one stays beside a new one while they are changed. */
function lastEnd(ends: readonly number[]): number {
  return Math.max(...ends);
}

const PEM_CERTIFICATE = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g;

function endsIn(file: string): readonly number[] {
  try {
    const found = readFileSync(file, 'latin1').match(PEM_CERTIFICATE) ?? [];
    return found.map((pem) => Date.parse(new X509Certificate(pem).validTo));
  } catch {
    return []; // it is being replaced, or no certificate: the door and the connection say so when they read it
  }
}
