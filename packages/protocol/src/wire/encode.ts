/** The object that travels as JSON to UCS bytes: canonical proto3, and strict about what it is given. */
import protobuf from 'protobufjs/minimal.js';
import { ValidationError } from '../bridge-error.js';
import { bytesFromJson, doubleFromJson, type IntegerType, integerFromJson } from './json.js';
import { isTextWrapper, type UcsField, ucsEnum, ucsFields } from './schema.js';

type Writer = protobuf.Writer;
/** Where a value stands, innermost first. */
type Path = { readonly name: string | number; readonly within: Path } | undefined;
/** Writes one value behind its tag; `write` does nothing but that. */
type WriteValue = (writer: Writer, value: unknown, path: Path) => void;
type FieldPlan = { readonly field: UcsField; write(writer: Writer, value: unknown, path: Path): void };
type Plan = { readonly fields: readonly FieldPlan[]; readonly names: ReadonlySet<string> };

/** An object that is not the message it should be: says where and what was expected, never the value. */
export class UcsEncodeError extends ValidationError {
  constructor(
    readonly messageType: string,
    readonly path: string,
    expected: string,
  ) {
    super(`${messageType}.${path}: ${expected}`);
  }
}

/** Raised inside, where the message type is not at hand. */
class Mismatch extends Error {
  constructor(
    readonly path: Path,
    readonly expected: string,
  ) {
    super(expected);
  }
}

/**
 * Encodes a message from the form {@link decodeUcs} gives. null and undefined mean absent.
 *
 * @throws UcsEncodeError for an unknown name, a wrong type, an unknown enumeration value, an integer out of range
 *   or two members of one oneof.
 */
export function encodeUcs(messageType: string, object: unknown): Uint8Array {
  const writer = protobuf.Writer.create();
  try {
    writeMessage(planOf(messageType), writer, object, undefined);
  } catch (cause) {
    if (cause instanceof Mismatch) throw new UcsEncodeError(messageType, textOf(cause.path), cause.expected);
    throw cause;
  }
  return writer.finish();
}

const plans = new Map<string, Plan>();

function planOf(messageType: string): Plan {
  let plan = plans.get(messageType);
  if (plan === undefined) {
    const fields = ucsFields(messageType);
    const fieldPlans: FieldPlan[] = [];
    plan = { fields: fieldPlans, names: new Set(fields.map(({ name }) => name)) };
    plans.set(messageType, plan); // before the fields: messages contain themselves
    for (const field of fields) fieldPlans.push({ field, write: writeField(field) });
  }
  return plan;
}

function writeMessage(plan: Plan, writer: Writer, object: unknown, path: Path): void {
  if (typeof object !== 'object' || object === null || Array.isArray(object))
    throw new Mismatch(path, 'must be an object');
  const source = object as Record<string, unknown>;
  for (const name of Object.keys(source))
    if (!plan.names.has(name) && source[name] !== undefined)
      throw new Mismatch(
        { name: name, within: path },
        `is no field of this message${nearest(name, plan.names)}`,
      );
  let oneofs: Map<string, string> | undefined;
  for (const { field, write } of plan.fields) {
    const value = source[field.name];
    if (value === undefined || value === null) continue;
    if (field.oneof !== undefined) {
      oneofs ??= new Map();
      const other = oneofs.get(field.oneof);
      if (other !== undefined)
        throw new Mismatch(
          { name: field.name, within: path },
          `excludes ${other}: only one of ${field.oneof} may be set`,
        );
      oneofs.set(field.oneof, field.name);
    }
    write(writer, value, { name: field.name, within: path });
  }
}

function writeField(field: UcsField): FieldPlan['write'] {
  const tag = (field.id << 3) | (field.map !== undefined || field.packed ? 2 : wireTypeOf(field));
  if (field.map !== undefined) return writeMap(field, tag);
  const write = writeValue(field);
  if (field.packed)
    return (writer, value, path) => {
      const list = asList(value, path);
      if (list.length === 0) return;
      writer.uint32(tag).fork();
      for (const [index, item] of list.entries()) write(writer, item, { name: index, within: path });
      writer.ldelim();
    };
  if (field.repeated)
    return (writer, value, path) => {
      for (const [index, item] of asList(value, path).entries())
        write(writer.uint32(tag), item, { name: index, within: path });
    };
  if (!field.implicit) return (writer, value, path) => write(writer.uint32(tag), value, path);
  const isDefault = defaultTest(field);
  return (writer, value, path) => {
    if (!isDefault(value)) write(writer.uint32(tag), value, path);
  };
}

function writeMap(field: UcsField, tag: number): FieldPlan['write'] {
  const valueTag = (2 << 3) | wireTypeOf(field);
  const write = writeValue(field);
  return (writer, value, path) => {
    if (typeof value !== 'object' || Array.isArray(value)) throw new Mismatch(path, 'must be an object');
    for (const [key, entry] of Object.entries(value as object)) {
      writer.uint32(tag).fork().uint32(0x0a).string(key).uint32(valueTag);
      write(writer, entry, { name: key, within: path });
      writer.ldelim();
    }
  };
}

function writeValue(field: UcsField): WriteValue {
  switch (field.type) {
    case 'message':
      return isTextWrapper(field.of ?? '') ? writeTextWrapper : writeNested(field.of ?? '');
    case 'enum':
      return writeEnum(field.of ?? '');
    case 'string':
      return (writer, value, path) => void writer.string(asText(value, path));
    case 'bytes':
      return (writer, value, path) => {
        const bytes = bytesFromJson(value);
        if (bytes === undefined) throw new Mismatch(path, 'must be base64 text');
        writer.bytes(bytes);
      };
    case 'bool':
      return (writer, value, path) => {
        if (typeof value !== 'boolean') throw new Mismatch(path, 'must be true or false');
        writer.bool(value);
      };
    case 'double':
      return (writer, value, path) => {
        const double = doubleFromJson(value);
        if (double === undefined) throw new Mismatch(path, 'must be a number');
        writer.double(double);
      };
    default:
      return writeInteger(field.type);
  }
}

function writeInteger(type: IntegerType): WriteValue {
  return (writer, value, path) => {
    const integer = integerFromJson(value, type);
    if (integer === undefined) throw new Mismatch(path, `must be a whole number in the range of ${type}`);
    writer[type](integer as number);
  };
}

function writeNested(messageType: string): WriteValue {
  let plan: Plan | undefined;
  return (writer, value, path) => {
    plan ??= planOf(messageType);
    writer.fork();
    writeMessage(plan, writer, value, path);
    writer.ldelim();
  };
}

function writeTextWrapper(writer: Writer, value: unknown, path: Path): void {
  const text = asText(value, path);
  writer.fork();
  if (text !== '') writer.uint32(0x0a).string(text);
  writer.ldelim();
}

function writeEnum(name: string): WriteValue {
  const values = ucsEnum(name);
  return (writer, value, path) => {
    if (typeof value === 'string' && Object.hasOwn(values, value)) writer.int32(values[value] as number);
    else if (typeof value === 'number' && integerFromJson(value, 'int32') !== undefined) writer.int32(value);
    else
      throw new Mismatch(
        path,
        `must be a ${name}${nearest(String(value).slice(0, 64), Object.keys(values))}`,
      );
  };
}

function defaultTest(field: UcsField): (value: unknown) => boolean {
  if (field.type === 'string' || field.type === 'bytes') return (value) => value === '';
  if (field.type === 'bool') return (value) => value === false;
  if (field.type !== 'enum') return (value) => value === 0 || value === '0';
  const values = ucsEnum(field.of ?? '');
  return (value) => value === 0 || (typeof value === 'string' && values[value] === 0);
}

function textOf(path: Path): string {
  if (path === undefined) return '';
  return path.within === undefined ? String(path.name) : `${textOf(path.within)}.${path.name}`;
}

function asText(value: unknown, path: Path): string {
  if (typeof value !== 'string') throw new Mismatch(path, 'must be text');
  return value;
}

function asList(value: unknown, path: Path): readonly unknown[] {
  if (!Array.isArray(value)) throw new Mismatch(path, 'must be a list');
  return value;
}

function wireTypeOf({ type }: UcsField): number {
  if (type === 'double') return 1;
  return type === 'message' || type === 'string' || type === 'bytes' ? 2 : 0;
}

/** Up to three known names that begin like the one that is not known. */
function nearest(name: string, known: Iterable<string>): string {
  const start = name.slice(0, 3).toLowerCase();
  const alike = [...known].filter((candidate) => candidate.toLowerCase().startsWith(start)).slice(0, 3);
  return alike.length === 0 ? '' : `; did you mean ${alike.join(' or ')}?`;
}
