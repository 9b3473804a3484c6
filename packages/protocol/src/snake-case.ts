/** Names of fields as programs outside of this one see them. */

/** `dealtWith` as `dealt_with`. What is no name of a field, such as the stream `DEAD_LETTERS`, stays as it is. */
export function inSnakeCase(name: string): string {
  return /^[a-z]/.test(name) ? name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`) : name;
}
