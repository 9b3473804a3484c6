/** Both doors as sockets: bytes that are nearly, or not at all, the protocol that is spoken there. */
import { connect } from 'node:net';
import { pick } from '../faults/random.js';
import { mutate } from './mutate.js';
import { Finding, randomFor, type Target } from './target.js';

/** How long a door may think before we go on to the next input; silence to half a request is right. Many think at once. */
const PATIENCE_MS = 250;

const http = (text: string) => Buffer.from(text.replaceAll('\n', '\r\n'));
const HTTP_SAMPLES = [
  http('GET /healthz HTTP/1.1\nHost: localhost\nConnection: close\n\n'),
  http('GET /readyz HTTP/1.1\nHost: localhost\nAccept: */*\nConnection: close\n\n'),
  http('GET /../..//%2e%2e/etc?x=%00#y HTTP/1.1\nHost: localhost\nConnection: close\n\n'),
  http('POST /healthz HTTP/1.1\nHost: localhost\nContent-Length: 5\nConnection: close\n\nhello'),
  http('POST / HTTP/1.1\nHost: localhost\nTransfer-Encoding: chunked\nConnection: close\n\n5\nhello\n0\n\n'),
  http(`GET /healthz HTTP/1.1\nHost: localhost\nX-Long: ${'x'.repeat(20_000)}\nConnection: close\n\n`),
];

const frame = (type: number, flags: number, stream: number, payload: Buffer) => {
  const head = Buffer.alloc(9);
  head.writeUIntBE(payload.length, 0, 3);
  head.writeUInt8(type, 3);
  head.writeUInt8(flags, 4);
  head.writeUInt32BE(stream, 5);
  return Buffer.concat([head, payload]);
};
const PREFACE = Buffer.concat([
  Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'),
  frame(4, 0, 0, Buffer.alloc(0)),
]);
/** HPACK: POST, http, a literal path and a literal content-type. */
const HEADERS = Buffer.concat([
  Buffer.from([0x83, 0x86]),
  literal(':path', '/types.PaymentService/Authorize'),
  literal(':authority', 'localhost'),
  literal('content-type', 'application/grpc'),
  literal('te', 'trailers'),
]);
const GRPC_SAMPLES = [
  PREFACE,
  Buffer.concat([PREFACE, frame(1, 4, 1, HEADERS), frame(0, 1, 1, Buffer.from('0000000003080102', 'hex'))]),
  Buffer.concat([PREFACE, frame(1, 5, 1, HEADERS)]),
  Buffer.concat([PREFACE, frame(1, 4, 1, HEADERS), frame(3, 0, 1, Buffer.from('00000008', 'hex'))]),
  Buffer.concat([PREFACE, frame(6, 0, 0, Buffer.alloc(8)), frame(8, 0, 0, Buffer.from('7fffffff', 'hex'))]),
  Buffer.concat([PREFACE, frame(1, 4, 1, HEADERS), frame(0, 1, 1, Buffer.from('00ffffffff0801', 'hex'))]),
];

function literal(name: string, value: string): Buffer {
  return Buffer.concat([
    Buffer.from([0, name.length]),
    Buffer.from(name),
    Buffer.from([value.length]),
    Buffer.from(value),
  ]);
}

export function socketTarget(doors: { readonly grpc: string; readonly http: string }, seed: number): Target {
  return {
    name: 'sockets',
    concurrency: 64,
    async one(index) {
      const random = randomFor('sockets', seed, index);
      const isHttp = random() < 0.5;
      const sample = pick(isHttp ? HTTP_SAMPLES : GRPC_SAMPLES, random);
      const bytes = random() < 0.95 ? mutate(sample, random) : sample;
      const said = await talk(isHttp ? doors.http : doors.grpc, bytes, random() < 0.5);
      if (!isHttp) return said.length > 0 ? 'grpc answered' : 'grpc silent';
      const code = /^HTTP\/1\.1 (\d{3})/.exec(said.toString('latin1'))?.[1];
      if (code?.startsWith('5') && code !== '501' && code !== '505')
        throw new Finding(`HTTP ${code} to ${bytes.toString('base64')}`);
      return code === undefined ? 'http silent' : `http ${code}`;
    },
    close: () => undefined,
  };
}

/** Sends the bytes and gives what came back until the door closed, or our patience ended. */
function talk(address: string, bytes: Buffer, ends: boolean): Promise<Buffer> {
  const [host = '', port = ''] = address.split(':');
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    const socket = connect(Number(port), host);
    let patience: NodeJS.Timeout | undefined;
    socket.once('connect', () => {
      if (ends) socket.end(bytes);
      else socket.write(bytes);
      patience = setTimeout(() => socket.destroy(), PATIENCE_MS);
    });
    socket.on('data', (chunk) => chunks.push(chunk));
    socket.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'ECONNREFUSED') reject(new Finding('the door refuses connections'));
    });
    socket.once('close', () => {
      clearTimeout(patience);
      resolve(Buffer.concat(chunks));
    });
  });
}
