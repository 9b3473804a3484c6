/** The UCS protocol: schema and codec. */
export { decodeUcs, UcsDecodeError } from './decode.js';
export { encodeUcs, UcsEncodeError } from './encode.js';
export type { JsonObject, JsonValue } from './json.js';
export {
  isTextWrapper,
  UCS_METHODS,
  UCS_SOURCE,
  type UcsField,
  type UcsMethod,
  ucsEnum,
  ucsFieldNames,
  ucsFields,
} from './schema.js';
