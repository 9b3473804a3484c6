/** A file that a configuration names: there, and readable, when the program starts. */
import { accessSync, constants } from 'node:fs';
import { z } from 'zod';

export const readableFile = z
  .string()
  .refine(isReadable, { error: 'must be a file that this process can read' });

function isReadable(path: string): boolean {
  try {
    accessSync(path, constants.R_OK);
    return true;
  } catch {
    return false;
  }
}
