/** How values that JSON has no form for are written: large integers, bytes and the floats JSON leaves out. */
import Long from 'long';

export type JsonObject = { [name: string]: JsonValue };
export type JsonValue = string | number | boolean | null | JsonValue[] | JsonObject;

/** A number while it is exact, decimal text above 2^53. */
export function integerToJson(integer: Long): number | string {
  const number = integer.toNumber();
  return Number.isSafeInteger(number) ? number : integer.toString();
}

export function floatToJson(value: number): number | string {
  if (Object.is(value, -0)) return '-0';
  return Number.isFinite(value) ? value : String(value);
}

/** The float a JSON value stands for; undefined when it is none. */
export function floatFromJson(value: unknown): number | undefined {
  if (typeof value === 'number') return value;
  return value === '-0' || value === 'NaN' || value === 'Infinity' || value === '-Infinity'
    ? Number(value)
    : undefined;
}

const SMALLEST = { 32: -(2n ** 31n), 64: -(2n ** 63n) } as const;

/** The integer of 32 bits a JSON value stands for; undefined when it is none or out of range. */
export function integer32FromJson(value: unknown, isUnsigned: boolean): number | undefined {
  if (typeof value === 'number' && (isUnsigned ? value >>> 0 : value | 0) === value) return value;
  const integer = bigIntFromJson(value);
  return integer !== undefined && isInRange(integer, 32, isUnsigned) ? Number(integer) : undefined;
}

/** The integer of 64 bits a JSON value stands for; undefined when it is none, inexact or out of range. */
export function integer64FromJson(value: unknown, isUnsigned: boolean): number | Long | undefined {
  if (typeof value === 'number')
    return Number.isSafeInteger(value) && !(isUnsigned && value < 0) ? value : undefined;
  const integer = bigIntFromJson(value);
  return integer !== undefined && isInRange(integer, 64, isUnsigned)
    ? Long.fromString(integer.toString(), isUnsigned)
    : undefined;
}

/** Decimal text, or the bigint that MessagePack readers give for large integers. */
function bigIntFromJson(value: unknown): bigint | undefined {
  if (typeof value === 'bigint') return value;
  return typeof value === 'string' && /^-?\d{1,20}$/.test(value) ? BigInt(value) : undefined;
}

function isInRange(integer: bigint, bits: 32 | 64, isUnsigned: boolean): boolean {
  const smallest = isUnsigned ? 0n : SMALLEST[bits];
  return integer >= smallest && integer < smallest + 2n ** BigInt(bits);
}

export function bytesToJson(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64');
}

/** The bytes of base64 text; undefined when it is not base64. */
export function bytesFromJson(value: unknown): Uint8Array | undefined {
  if (typeof value !== 'string' || value.length % 4 !== 0 || !/^[A-Za-z0-9+/]*={0,2}$/.test(value))
    return undefined;
  return Buffer.from(value, 'base64');
}

/** Sets a key that comes from outside; `__proto__` is a key like any other. */
export function setKey(object: JsonObject, key: string, value: JsonValue): void {
  if (key === '__proto__')
    Object.defineProperty(object, key, { value, enumerable: true, configurable: true, writable: true });
  else object[key] = value;
}
