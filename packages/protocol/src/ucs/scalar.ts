/** The scalar types of proto3 and enumerations: how each is on the wire and how in JSON, both ways. */
import type Long from 'long';
import type { Reader, Writer } from 'protobufjs/minimal.js';
import { nearestNames } from '../nearest-names.js';
import {
  bytesFromJson,
  bytesToJson,
  floatFromJson,
  floatToJson,
  integer32FromJson,
  integer64FromJson,
  integerToJson,
  type JsonValue,
} from './json.js';
import type { UcsScalarType } from './schema.js';

/** `Parsed` is what a JSON value becomes before it is written. */
export type Scalar<Parsed = unknown> = {
  readonly wireType: 0 | 1 | 2 | 5;
  /** What a field without presence has when it was not written, in JSON. */
  readonly defaultValue: JsonValue;
  read(reader: Reader): JsonValue;
  /** undefined when the value is not of this type. */
  parse(value: unknown): Parsed | undefined;
  isDefault(parsed: Parsed): boolean;
  write(writer: Writer, parsed: Parsed): void;
  /** What a value has to be, for the error of the one it was not. Never repeats the value. */
  expected(value: unknown): string;
};

const isZero = (value: number | Long) => (typeof value === 'number' ? value === 0 : value.isZero());

function integer32(type: 'int32' | 'uint32' | 'sint32' | 'fixed32' | 'sfixed32'): Scalar<number> {
  const isUnsigned = type === 'uint32' || type === 'fixed32';
  return {
    wireType: type.includes('fixed') ? 5 : 0,
    defaultValue: 0,
    read: (reader) => reader[type](),
    parse: (value) => integer32FromJson(value, isUnsigned),
    isDefault: isZero,
    write: (writer, value) => void writer[type](value),
    expected: () => `must be a whole number in the range of ${type}`,
  };
}

function integer64(type: 'int64' | 'uint64' | 'sint64' | 'fixed64' | 'sfixed64'): Scalar<number | Long> {
  const isUnsigned = type === 'uint64' || type === 'fixed64';
  return {
    wireType: type.includes('fixed') ? 1 : 0,
    defaultValue: 0,
    read: (reader) => integerToJson(reader[type]() as Long),
    parse: (value) => integer64FromJson(value, isUnsigned),
    isDefault: isZero,
    write: (writer, value) => void writer[type](value),
    expected: () => `must be a whole number in the range of ${type}`,
  };
}

function float(type: 'float' | 'double'): Scalar<number> {
  return {
    wireType: type === 'float' ? 5 : 1,
    defaultValue: 0,
    read: (reader) => floatToJson(reader[type]()),
    parse: floatFromJson,
    isDefault: (value) => Object.is(value, 0),
    write: (writer, value) => void writer[type](value),
    expected: () => 'must be a number',
  };
}

/** Text that is not well-formed Unicode would be refused, or changed, by whoever reads the bytes. */
export const TEXT: Scalar<string> = {
  wireType: 2,
  defaultValue: '',
  read: (reader) => reader.stringVerify(),
  parse: (value) => (typeof value === 'string' && value.isWellFormed() ? value : undefined),
  isDefault: (text) => text === '',
  write: (writer, text) => void writer.string(text),
  expected: (value) => (typeof value === 'string' ? 'must be well-formed Unicode text' : 'must be text'),
};

const BYTES: Scalar<Uint8Array> = {
  wireType: 2,
  defaultValue: '',
  read: (reader) => bytesToJson(reader.bytes()),
  parse: bytesFromJson,
  isDefault: (bytes) => bytes.length === 0,
  write: (writer, bytes) => void writer.bytes(bytes),
  expected: () => 'must be base64 text',
};

const BOOL: Scalar<boolean> = {
  wireType: 0,
  defaultValue: false,
  read: (reader) => reader.bool(),
  parse: (value) => (typeof value === 'boolean' ? value : undefined),
  isDefault: (value) => !value,
  write: (writer, value) => void writer.bool(value),
  expected: () => 'must be true or false',
};

/** Each type's scalar, with what it parses to forgotten: it is only ever written by the scalar that parsed it. */
export const SCALARS = {
  string: TEXT,
  bytes: BYTES,
  bool: BOOL,
  double: float('double'),
  float: float('float'),
  int32: integer32('int32'),
  uint32: integer32('uint32'),
  sint32: integer32('sint32'),
  fixed32: integer32('fixed32'),
  sfixed32: integer32('sfixed32'),
  int64: integer64('int64'),
  uint64: integer64('uint64'),
  sint64: integer64('sint64'),
  fixed64: integer64('fixed64'),
  sfixed64: integer64('sfixed64'),
} as unknown as Readonly<Record<UcsScalarType, Scalar>>;

/** An enumeration: a value by its (first) name, or by its number where it has none. */
export function enumScalar(name: string, values: Readonly<Record<string, number>>): Scalar {
  const numbers = new Map(Object.entries(values));
  const names = new Map([...numbers].reverse().map(([value, number]) => [number, value]));
  const scalar: Scalar<number> = {
    wireType: 0,
    defaultValue: names.get(0) ?? 0,
    read(reader) {
      const number = reader.int32();
      return names.get(number) ?? number;
    },
    parse: (value) => (typeof value === 'string' ? numbers.get(value) : integer32FromJson(value, false)),
    isDefault: isZero,
    write: (writer, number) => void writer.int32(number),
    expected: (value) => `must be a ${name}${nearestNames(value, numbers.keys())}`,
  };
  return scalar as Scalar;
}
