/** What a message looks like in JSON, field by field: for JSON Schema, documentation and mapping replies. */
import {
  isTextWrapper,
  UCS_SCHEMA,
  type UcsField,
  type UcsScalarType,
  ucsEnum,
  ucsFields,
} from './schema.js';

/** What one value of a field is. A `secret_text` is a message on the wire and a string in JSON. */
export type UcsValueKind =
  | { readonly kind: 'scalar'; readonly type: UcsScalarType }
  | { readonly kind: 'secret_text'; readonly messageType: string }
  | { readonly kind: 'enum'; readonly enumType: string; readonly names: readonly string[] }
  | { readonly kind: 'message'; readonly messageType: string };

export type UcsFieldDescription = {
  readonly name: string;
  readonly number: number;
  /** A `map` is an object by text keys, a `list` an array; neither is ever present and empty. */
  readonly cardinality: 'one' | 'list' | 'map';
  /** Whether absent and default are different things. False for lists and maps too. */
  readonly hasPresence: boolean;
  /** The choice it belongs to: at most one field of a choice is present. */
  readonly oneof?: string;
  readonly value: UcsValueKind;
};

export type UcsMessageDescription = {
  readonly messageType: string;
  /** Whether the whole message is a string in JSON. */
  readonly isTextWrapper: boolean;
  /** By ascending number. */
  readonly fields: readonly UcsFieldDescription[];
};

/** Describes a message of the schema. @throws Error when there is no such message. */
export function describeMessage(messageType: string, schema = UCS_SCHEMA): UcsMessageDescription {
  return {
    messageType,
    isTextWrapper: isTextWrapper(messageType, schema),
    fields: ucsFields(messageType, schema).map((field) => ({
      name: field.name,
      number: field.id,
      cardinality: field.map !== undefined ? 'map' : field.repeated ? 'list' : 'one',
      hasPresence: !field.implicit && !field.repeated && field.map === undefined,
      ...(field.oneof !== undefined && { oneof: field.oneof }),
      value: valueKind(field, schema),
    })),
  };
}

function valueKind({ type, of = '' }: UcsField, schema: typeof UCS_SCHEMA): UcsValueKind {
  if (type === 'message')
    return { kind: isTextWrapper(of, schema) ? 'secret_text' : 'message', messageType: of };
  if (type === 'enum') return { kind: 'enum', enumType: of, names: Object.keys(ucsEnum(of, schema)) };
  return { kind: 'scalar', type };
}
