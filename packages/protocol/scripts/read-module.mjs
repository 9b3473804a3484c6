/** Reads pbjs' static module (`proto.js`): numbers, wire types, presence and choices of fields, and the calls. */

const TAG = String.raw`writer\.uint32\(\/\* id (\d+), wireType (\d) =\*\/\d+\)`;
const NESTED = String.raw`\$root\.\S+\.encode\(message\.`;

/** Everything an `encode` function is made of, and what it tells about the field it stands for. */
const ENCODE_LINES = [
  [/^if \(!writer\)$|^writer = \$Writer\.create\(\);$|^for \(var i = 0; .*\)$|^writer\.ldelim\(\);$|^\}$/],
  [
    /^if \(message\.(\w+) != null && (?:Object\.hasOwnProperty\.call\(message, "\w+"\)|message\.\w+\.length)\)(?: \{)?$/,
  ],
  [/^for \(var keys = Object\.keys\(message\.(\w+)\), i = 0; i < keys\.length; \+\+i\)(?: \{)?$/],
  [
    new RegExp(
      `^${TAG}\\.fork\\(\\)\\.uint32\\(/\\* id 1, wireType \\d =\\*/\\d+\\)\\.(\\w+)\\(keys\\[i\\]\\)(?:;|\\.uint32\\(/\\* id 2, wireType \\d =\\*/\\d+\\)\\.(\\w+)\\(message\\.(\\w+)\\[keys\\[i\\]\\]\\)\\.ldelim\\(\\);)$`,
    ),
    // The value of a map of messages stands on a line of its own.
    ([, id, wireType, key, type = 'message', field]) => ({ field, id, wireType, type, map: key }),
  ],
  [
    new RegExp(
      `^${NESTED}\\w+\\[keys\\[i\\]\\], writer\\.uint32\\(.*\\)\\.fork\\(\\)\\)\\.ldelim\\(\\)\\.ldelim\\(\\);$`,
    ),
  ],
  [
    new RegExp(`^${NESTED}(\\w+)(\\[i\\])?, ${TAG}\\.fork\\(\\)\\)\\.ldelim\\(\\);$`),
    ([, field, item, id, wireType]) => ({ field, id, wireType, type: 'message', ...list(item) }),
  ],
  [
    new RegExp(`^${TAG}\\.(\\w+)\\(message\\.(\\w+)(\\[i\\])?\\);$`),
    ([, id, wireType, type, field, item]) => ({ field, id, wireType, type, ...list(item) }),
  ],
  [
    new RegExp(`^${TAG}\\.fork\\(\\);$`),
    ([, id, wireType]) => ({ id, wireType, repeated: true, packed: true }),
  ],
  [/^writer\.(\w+)\(message\.(\w+)\[i\]\);$/, ([, type, field]) => ({ field, type })],
];

function list(item) {
  return item === undefined ? {} : { repeated: true };
}

/**
 * A line outside of `encode` that is not understood is no error here: what is missing for it shows when the
 * result is compared with the declarations.
 *
 * @param {string[]} lines
 * @returns {{ messages: Map<string, object>, calls: object[] }} by full name
 */
export function readModule(lines) {
  const messages = new Map();
  const calls = [];
  let owner = ''; // whose documentation the line stands under
  let encoded; // the fields of the `encode` function the line stands in
  let choice = '';
  let call;
  const message = () => {
    if (!messages.has(owner)) messages.set(owner, { fields: [], withPresence: new Map(), oneofs: new Map() });
    return messages.get(owner);
  };

  const rules = [
    [/^\* @memberof (\S+)$/, ([, name]) => (owner = name)],
    [
      /^\w+\.prototype\.(\w+) = (null|false|0|""|\$util\..+);$/,
      ([, field, value]) => message().withPresence.set(field, value === 'null'),
    ],
    [/^Object\.defineProperty\(\w+\.prototype, "(\w+)", \{$/, ([, name]) => (choice = name)],
    [
      /\$oneOfFields = (\[.+\])\)/,
      ([, members]) => {
        // A name that begins with _ is proto3's `optional`, not a choice.
        if (choice.startsWith('_')) return;
        for (const field of JSON.parse(members)) message().oneofs.set(field, choice);
      },
    ],
    [/^\w+\.encode = function encode\(message, writer\) \{$/, () => (encoded = message().fields)],
    [
      /^return this\.rpcCall\(\w+, \$root\.(\S+), \$root\.(\S+), request, callback\);$/,
      ([, requestType, responseType]) => (call = { service: owner, requestType, responseType }),
    ],
    [/^\}, "name", \{ value: "(\w+)" \}\);$/, ([, method]) => calls.push({ ...call, method })],
  ];

  for (const [index, line] of lines.entries()) {
    const text = line.trim();
    if (encoded === undefined) {
      for (const [pattern, read] of rules) {
        const match = pattern.exec(text);
        if (match === null) continue;
        read(match);
        break;
      }
    } else if (text === 'return writer;') encoded = undefined;
    else if (!readEncodeLine(text, encoded)) throw new Error(`line ${index + 1} is not understood: ${text}`);
  }
  return { messages, calls };
}

/** Fields are announced (`if (message.x != null …`) before they are written. */
function readEncodeLine(text, fields) {
  for (const [pattern, read] of ENCODE_LINES) {
    const match = pattern.exec(text);
    if (match === null) continue;
    if (read === undefined) {
      if (match[1] !== undefined && fields.at(-1)?.camelName !== match[1])
        fields.push({ camelName: match[1] });
      return true;
    }
    const { field, ...facts } = read(match);
    const current = fields.at(-1);
    if (current === undefined || (field !== undefined && field !== current.camelName)) return false;
    Object.assign(current, facts);
    return true;
  }
  return false;
}
