/** What keeps payment data in, and how each is taken out of the built code: the search must then find what it kept. */
import type { Sink } from './ways-out.js';

export type Protection = {
  readonly name: string;
  /** Of the repository. */
  readonly file: string;
  /** Stands in the file once. */
  readonly on: string;
  readonly off: string;
  /** Where something stands without it, besides those places that hold bodies. */
  readonly keepsOutOf: readonly Sink[];
};

export const PROTECTIONS: readonly Protection[] = [
  {
    name: 'masking of requests',
    file: 'packages/protocol/dist/mask.js',
    on: 'export function maskRequest(request) {',
    off: 'export function maskRequest(request) { return request;',
    keepsOutOf: ['admin api'],
  },
  {
    name: 'masking of patches',
    file: 'packages/protocol/dist/mask.js',
    on: 'export function maskPatch(operation, patch) {',
    off: 'export function maskPatch(operation, patch) { return patch;',
    keepsOutOf: ['admin api', 'cli'],
  },
  {
    name: 'an error told by its kind alone',
    file: 'packages/worker/dist/telemetry/failure-of.js',
    on: 'export function failureOf(error) {',
    off: 'export function failureOf(error) { return String(error?.message);',
    keepsOutOf: ['micro service'],
  },
];
