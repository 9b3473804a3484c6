/** The UCS protocol: schema and codec. */
export { createUcsCodec, decodeUcs, encodeKnownUcs, encodeUcs, type UcsCodec } from './codec.js';
export { UcsDecodeError, UcsEncodeError } from './codec-error.js';
export {
  describeMessage,
  type UcsFieldDescription,
  type UcsMessageDescription,
  type UcsValueKind,
} from './describe-message.js';
export type { JsonObject, JsonValue } from './json.js';
export {
  isTextWrapper,
  UCS_METHODS,
  UCS_SCHEMA,
  UCS_SOURCE,
  type UcsField,
  type UcsMethod,
  type UcsScalarType,
  type UcsSchema,
  ucsEnum,
  ucsFieldNames,
  ucsFields,
} from './schema.js';
