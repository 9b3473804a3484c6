/** Module hooks of Node: one file of the built code is loaded with one text in the place of another. */
import type { InitializeHook, LoadHook } from 'node:module';
import type { Protection } from './protections.js';

let protection: Protection | undefined;

export const initialize: InitializeHook<Protection> = (switchedOff) => {
  protection = switchedOff;
};

export const load: LoadHook = async (url, context, nextLoad) => {
  const loaded = await nextLoad(url, context);
  if (protection === undefined || !url.endsWith(`/${protection.file}`)) return loaded;
  const { name, on, off } = protection;
  const parts = Buffer.from(loaded.source as Uint8Array)
    .toString()
    .split(on);
  if (parts.length !== 2) throw new Error(`${name}: ${url} has not once what protections.ts says`);
  return { ...loaded, source: parts.join(off) };
};
