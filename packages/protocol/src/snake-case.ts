/** Names of fields as programs outside of this one see them. */

/** `dealtWith` as `dealt_with`. */
export function inSnakeCase(name: string): string {
  return name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}
