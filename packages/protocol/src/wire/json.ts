/** How values that JSON has no form for are written: large integers, bytes and the floats JSON leaves out. */
import Long from 'long';

export type JsonObject = { [name: string]: JsonValue };
export type JsonValue = string | number | boolean | null | JsonValue[] | JsonObject;

/** What protobufjs reads 64-bit integers as. */
type LongBits = { readonly low: number; readonly high: number; readonly unsigned: boolean };

/** A number while it is exact, decimal text above 2^53. */
export function integerToJson({ low, high, unsigned }: LongBits): number | string {
  const long = Long.fromBits(low, high, unsigned);
  const number = long.toNumber();
  return Number.isSafeInteger(number) ? number : long.toString();
}

export function doubleToJson(value: number): number | string {
  if (Object.is(value, -0)) return '-0';
  return Number.isFinite(value) ? value : String(value);
}

/** The double a JSON value stands for; undefined when it is none. */
export function doubleFromJson(value: unknown): number | undefined {
  if (typeof value === 'number') return value;
  return value === '-0' || value === 'NaN' || value === 'Infinity' || value === '-Infinity'
    ? Number(value)
    : undefined;
}

const RANGE = {
  int32: [-(2n ** 31n), 2n ** 31n - 1n],
  uint32: [0n, 2n ** 32n - 1n],
  int64: [-(2n ** 63n), 2n ** 63n - 1n],
  uint64: [0n, 2n ** 64n - 1n],
} as const;

export type IntegerType = keyof typeof RANGE;

/** The integer a JSON value stands for, within its type's range; undefined when it is none. */
export function integerFromJson(value: unknown, type: IntegerType): number | Long | undefined {
  const [min, max] = RANGE[type];
  if (typeof value === 'number')
    return Number.isSafeInteger(value) && value >= min && value <= max ? value : undefined;
  if (typeof value !== 'string' || !/^-?\d{1,20}$/.test(value)) return undefined;
  const integer = BigInt(value);
  if (integer < min || integer > max) return undefined;
  if (type === 'int32' || type === 'uint32') return Number(integer);
  return Long.fromString(value, type === 'uint64');
}

export function bytesToJson(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64');
}

/** The bytes of base64 text; undefined when it is not base64. */
export function bytesFromJson(value: unknown): Uint8Array | undefined {
  if (typeof value !== 'string' || !/^[A-Za-z0-9+/]*={0,2}$/.test(value) || value.length % 4 !== 0)
    return undefined;
  return Buffer.from(value, 'base64');
}

/** Sets a key that comes from outside; `__proto__` is a key like any other. */
export function setKey(object: JsonObject, key: string, value: JsonValue): void {
  if (key === '__proto__')
    Object.defineProperty(object, key, { value, enumerable: true, configurable: true, writable: true });
  else object[key] = value;
}
