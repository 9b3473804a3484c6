/** A message as it goes over the wire, and how its headers are read there. */
export type WireMessage = {
  readonly subject: string;
  readonly reply: string | undefined;
  readonly headers: Uint8Array | undefined;
  readonly data: Uint8Array;
  /** One of many answers to one question. */
  readonly isOfBatch?: boolean;
};

export const NOTHING = new Uint8Array();

export function parseWireHeaders(bytes: Uint8Array | undefined): Readonly<Record<string, string>> {
  const headers: Record<string, string> = {};
  if (bytes === undefined) return headers;
  for (const line of Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString().split('\r\n')) {
    const colon = line.indexOf(':');
    if (colon > 0) headers[line.slice(0, colon)] = line.slice(colon + 1).trim();
  }
  return headers;
}

/** @param status as `503` or `404 Message Not Found` */
export function wireHeaders(fields: Readonly<Record<string, string>>, status = ''): Uint8Array {
  let text = `NATS/1.0${status === '' ? '' : ` ${status}`}\r\n`;
  for (const name in fields) text += `${name}: ${fields[name]}\r\n`;
  return Buffer.from(`${text}\r\n`);
}
