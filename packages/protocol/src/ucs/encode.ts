/** The object that travels as JSON to UCS bytes: canonical proto3, and strict about what it is given. */
import type { Writer } from 'protobufjs/minimal.js';
import { nearestNames } from '../nearest-names.js';
import { enumScalar, SCALARS, type Scalar, TEXT } from './scalar.js';
import { isTextWrapper, type UcsField, type UcsSchema, ucsEnum, ucsFields } from './schema.js';

/** Writes a field, tag and all; a default without presence is not written. */
type WriteField = (writer: Writer, value: unknown, depth: number) => void;
type FieldWriter = { readonly field: UcsField; readonly write: WriteField };
type FieldWriters = {
  readonly byName: ReadonlyMap<string, FieldWriter>;
  /** Of a name that is no field. @throws Mismatch where that is a mistake */
  readonly unknown: (name: string, names: Iterable<string>) => void;
};
/** Writes one value behind its tag. */
type ValueWriter = { readonly wireType: number; readonly write: WriteField };

/** Writes an object as a message. @throws Mismatch */
export type WriteMessage = (writer: Writer, object: unknown) => void;

const MAX_DEPTH = 100;
const LENGTH_DELIMITED = 2;

/** A value that is not what its field holds. Whoever stands around it adds where it is. */
export class Mismatch extends Error {
  private readonly path: string[] = [];

  constructor(readonly expected: string) {
    super(expected);
  }

  /** Adds the field, list index or map key that holds what is known so far. */
  within(name: string | number): this {
    this.path.unshift(showable(name));
    return this;
  }

  get where(): string {
    return this.path.join('.');
  }
}

function refuseUnknown(name: string, names: Iterable<string>): never {
  throw new Mismatch(`is no field of this message${nearestNames(name, names)}`).within(name);
}

/**
 * Gives the writer of any message of the schema.
 * @param unknownFields `skip` for what somebody with a later schema may have written
 */
export function createMessageWriters(
  schema: UcsSchema,
  unknownFields: 'refuse' | 'skip' = 'refuse',
): (messageType: string) => WriteMessage {
  const unknown = unknownFields === 'refuse' ? refuseUnknown : () => {};
  const writers = new Map<string, FieldWriters>();

  function writersOf(messageType: string): FieldWriters {
    const known = writers.get(messageType);
    if (known !== undefined) return known;
    const byName = new Map<string, FieldWriter>();
    const fields: FieldWriters = { byName, unknown };
    writers.set(messageType, fields); // before the fields: messages may contain themselves
    for (const field of ucsFields(messageType, schema))
      byName.set(field.name, { field, write: fieldWriter(field) });
    return fields;
  }

  function fieldWriter(field: UcsField): WriteField {
    const tagOf = (wireType: number) => (field.id << 3) | wireType;
    const { type, of = '' } = field;
    const scalar =
      type === 'message' ? undefined : type === 'enum' ? enumScalar(of, ucsEnum(of, schema)) : SCALARS[type];
    if (scalar !== undefined && field.implicit) return writeImplicit(tagOf(scalar.wireType), scalar);
    const value = scalar === undefined ? messageWriter(of) : scalarWriter(scalar);
    if (field.map !== undefined) return writeMap(tagOf(LENGTH_DELIMITED), value);
    if (field.packed) return writePacked(tagOf(LENGTH_DELIMITED), value);
    return field.repeated
      ? writeList(tagOf(value.wireType), value)
      : writePresent(tagOf(value.wireType), value);
  }

  function messageWriter(messageType: string): ValueWriter {
    if (isTextWrapper(messageType, schema)) return { wireType: LENGTH_DELIMITED, write: writeWrappedText };
    let fields: FieldWriters | undefined;
    return {
      wireType: LENGTH_DELIMITED,
      write(writer, value, depth) {
        fields ??= writersOf(messageType);
        writer.fork();
        writeFields(fields, writer, value, depth + 1);
        writer.ldelim();
      },
    };
  }

  return (messageType) => {
    const fields = writersOf(messageType);
    return (writer, object) => writeFields(fields, writer, object, 0);
  };
}

function writeFields(
  { byName, unknown }: FieldWriters,
  writer: Writer,
  object: unknown,
  depth: number,
): void {
  const source = asObject(object);
  if (depth > MAX_DEPTH) throw new Mismatch('is nested too deep');
  const present: FieldWriter[] = [];
  let isAscending = true;
  let last = 0;
  for (const name of Object.keys(source)) {
    const value = source[name];
    const writerOfField = byName.get(name);
    if (writerOfField === undefined) {
      if (value !== undefined) unknown(name, byName.keys());
      continue;
    }
    if (value === undefined || value === null) continue;
    if (writerOfField.field.id < last) isAscending = false;
    last = writerOfField.field.id;
    present.push(writerOfField);
  }
  if (!isAscending) present.sort((a, b) => a.field.id - b.field.id);
  for (const { field, write } of present) {
    if (field.oneof !== undefined) refuseSecondMember(field, present);
    try {
      write(writer, source[field.name], depth);
    } catch (error) {
      throw error instanceof Mismatch ? error.within(field.name) : error;
    }
  }
}

function refuseSecondMember(field: UcsField, present: readonly FieldWriter[]): void {
  for (const { field: other } of present)
    if (other.id < field.id && other.oneof === field.oneof)
      throw new Mismatch(`excludes ${other.name}: only one of ${field.oneof} may be set`).within(field.name);
}

function scalarWriter(scalar: Scalar): ValueWriter {
  return {
    wireType: scalar.wireType,
    write: (writer, value) => scalar.write(writer, parse(scalar, value)),
  };
}

function writeImplicit(tag: number, scalar: Scalar): WriteField {
  return (writer, value) => {
    const parsed = parse(scalar, value);
    if (!scalar.isDefault(parsed)) scalar.write(writer.uint32(tag), parsed);
  };
}

function parse(scalar: Scalar, value: unknown): unknown {
  const parsed = scalar.parse(value);
  if (parsed === undefined) throw new Mismatch(scalar.expected(value));
  return parsed;
}

function writePresent(tag: number, { write }: ValueWriter): WriteField {
  return (writer, value, depth) => write(writer.uint32(tag), value, depth);
}

function writeList(tag: number, value: ValueWriter): WriteField {
  return (writer, list, depth) => {
    for (const [index, item] of asList(list).entries())
      writeAt(index, value, writer.uint32(tag), item, depth);
  };
}

function writePacked(tag: number, value: ValueWriter): WriteField {
  return (writer, list, depth) => {
    const items = asList(list);
    if (items.length === 0) return;
    writer.uint32(tag).fork();
    for (const [index, item] of items.entries()) writeAt(index, value, writer, item, depth);
    writer.ldelim();
  };
}

/** Entries in the order of the object's keys: in protobuf a map has none. */
function writeMap(tag: number, value: ValueWriter): WriteField {
  const valueTag = (2 << 3) | value.wireType;
  return (writer, map, depth) => {
    for (const [key, entry] of Object.entries(asObject(map))) {
      if (!key.isWellFormed()) throw new Mismatch('has a key that is not well-formed Unicode text');
      writer.uint32(tag).fork().uint32(0x0a).string(key).uint32(valueTag);
      writeAt(key, value, writer, entry, depth);
      writer.ldelim();
    }
  };
}

function writeAt(
  at: string | number,
  { write }: ValueWriter,
  writer: Writer,
  value: unknown,
  depth: number,
): void {
  try {
    write(writer, value, depth);
  } catch (error) {
    throw error instanceof Mismatch ? error.within(at) : error;
  }
}

function writeWrappedText(writer: Writer, value: unknown): void {
  const text = parse(TEXT as Scalar, value) as string;
  writer.fork();
  if (text !== '') writer.uint32(0x0a).string(text);
  writer.ldelim();
}

function asObject(value: unknown): Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new Mismatch('must be an object');
  return value as Record<string, unknown>;
}

function asList(value: unknown): readonly unknown[] {
  if (!Array.isArray(value)) throw new Mismatch('must be a list');
  return value;
}

/** A name that is none of ours may be data: only what looks like a name is shown. */
function showable(name: string | number): string {
  return typeof name === 'number' || /^[A-Za-z_][\w-]{0,63}$/.test(name) ? String(name) : '?';
}
