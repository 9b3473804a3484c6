/** What a byte-level fuzzer does to an input: a few small wounds, or one large one. */
import { pick, type Random } from '../faults/random.js';

/** Bytes that parsers are known to stumble over: ends of varints and frames, quotes, brackets, lone surrogates, signs. */
const TOKENS = [
  '',
  '\0',
  '\x7f',
  '\r\n',
  '"',
  '{',
  '}',
  '[[[[[[[[',
  'null',
  'true',
  '-0',
  '1e999',
  '9007199254740993',
  '"status":"success",',
  '"status":"failure",',
  '"__proto__":{"status":"success"},',
  '"correlation_id":"another",',
  '\\ud800',
  '*',
  '>',
  '%00',
]
  .map((text) => Buffer.from(text, 'latin1'))
  .concat(
    ['ffffffffffffffffff01', '0a', 'ffffffff0f', '0800', 'fffe', 'c0af', 'eda080', '000000'].map((hex) =>
      Buffer.from(hex, 'hex'),
    ),
  );

export function below(limit: number, random: Random): number {
  return Math.floor(random() * limit);
}

export function mutate(input: Uint8Array, random: Random): Buffer {
  let bytes: Buffer = Buffer.from(input);
  const wounds = 1 + below(4, random);
  for (let wound = 0; wound < wounds; wound++) bytes = pick(WOUNDS, random)(bytes, random);
  return bytes;
}

type Wound = (bytes: Buffer, random: Random) => Buffer;

const WOUNDS: readonly Wound[] = [
  (bytes, random) => {
    if (bytes.length === 0) return bytes;
    const at = below(bytes.length, random);
    bytes[at] = (bytes[at] ?? 0) ^ (1 << below(8, random));
    return bytes;
  },
  (bytes, random) => {
    if (bytes.length > 0) bytes[below(bytes.length, random)] = below(256, random);
    return bytes;
  },
  (bytes, random) => bytes.subarray(0, below(bytes.length + 1, random)),
  (bytes, random) => splice(bytes, below(16, random), Buffer.alloc(0), random),
  (bytes, random) => splice(bytes, 0, pick(TOKENS, random), random),
  (bytes, random) => splice(bytes, below(8, random), pick(TOKENS, random), random),
  (bytes, random) => {
    const from = below(bytes.length + 1, random);
    return splice(bytes, 0, bytes.subarray(from, from + below(64, random)), random);
  },
  (bytes, random) =>
    splice(
      bytes,
      0,
      Buffer.from(Array.from({ length: below(32, random) }, () => below(256, random))),
      random,
    ),
];

function splice(bytes: Buffer, removed: number, inserted: Buffer, random: Random): Buffer {
  const at = below(bytes.length + 1, random);
  return Buffer.concat([bytes.subarray(0, at), inserted, bytes.subarray(at + removed)]);
}
