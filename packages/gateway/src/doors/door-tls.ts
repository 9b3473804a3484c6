/** TLS of a door: its files, checked at the start, and read again while it is open. */
import { readFileSync } from 'node:fs';
import { createSecureContext, type SecureContextOptions, type TlsOptions } from 'node:tls';
import { readableFile } from '@nats-bridge/connector/configuration';
import { z } from 'zod';
import type { OnWarning } from '../warning.js';

export const doorTlsSchema = z.strictObject({
  /** The door's certificate and those that vouch for it (PEM). */
  cert_file: readableFile,
  key_file: readableFile,
  /** Who may have signed the certificate that every caller must then show (PEM): mutual TLS. */
  client_ca_file: readableFile.optional(),
});

export type DoorTlsFiles = z.output<typeof doorTlsSchema>;

export type DoorTls = {
  /** For the server, when it is made. TLS 1.3, and callers without a certificate are refused where one is asked for. */
  readonly options: TlsOptions;
  /** Gives renewed files to the server: who is connected stays so, who comes next gets the new certificate. */
  follow(server: { setSecureContext(options: SecureContextOptions): void }): { stop(): void };
};

const LOOK_AGAIN_MS = 2_000;
/** Who has not finished the handshake by then is cut. */
const HANDSHAKE_MS = 10_000;

/** @throws Error that names the door when certificate and key cannot be used */
export function createDoorTls(
  door: string,
  files: DoorTlsFiles,
  onWarning: OnWarning,
  lookAgainMs = LOOK_AGAIN_MS,
): DoorTls {
  let current = read(files);
  try {
    createSecureContext(current);
  } catch (cause) {
    throw new Error(
      `gateway.${door}.tls: ${files.cert_file} and ${files.key_file} cannot be used: ${reasonOf(cause)}`,
      { cause },
    );
  }
  const asksForCertificate = current.ca !== undefined;
  return {
    options: {
      ...current,
      minVersion: 'TLSv1.3',
      handshakeTimeout: HANDSHAKE_MS,
      requestCert: asksForCertificate,
      rejectUnauthorized: asksForCertificate,
    },
    follow(server) {
      const look = () => {
        try {
          const found = read(files);
          if (isSame(found, current)) return;
          current = found;
          server.setSecureContext({ ...found, minVersion: 'TLSv1.3' });
          onWarning(`gateway.${door}.tls: a renewed certificate is in use`);
        } catch (fault) {
          onWarning(
            `gateway.${door}.tls: the renewed certificate cannot be used, the old one stays: ${reasonOf(fault)}`,
          );
        }
      };
      const timer = setInterval(look, lookAgainMs).unref();
      return { stop: () => clearInterval(timer) };
    },
  };
}

type Pem = { readonly cert: string; readonly key: string; readonly ca: string | undefined };

function read({ cert_file, key_file, client_ca_file }: DoorTlsFiles): Pem {
  return {
    cert: readFileSync(cert_file, 'utf8'),
    key: readFileSync(key_file, 'utf8'),
    ca: client_ca_file === undefined ? undefined : readFileSync(client_ca_file, 'utf8'),
  };
}

function isSame(one: Pem, other: Pem): boolean {
  return one.cert === other.cert && one.key === other.key && one.ca === other.ca;
}

/** OpenSSL's and the file system's own words: they name no content. */
function reasonOf(fault: unknown): string {
  return fault instanceof Error ? fault.message : String(fault);
}
