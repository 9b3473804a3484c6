/** Shows a resource in whichever state it is: loading, failed, or there. */
import type { ComponentChildren } from 'preact';
import type { Resource } from '../api/use-resource.js';
import { Problem } from './problem.js';
import { Skeleton } from './skeleton.js';

export type LoadedProps<T> = {
  readonly resource: Resource<T>;
  readonly what: string;
  readonly lines?: number;
  readonly children: (data: T) => ComponentChildren;
};

export function Loaded<T>({ resource, what, lines = 6, children }: LoadedProps<T>) {
  const { data, error, reload } = resource;
  return (
    <>
      {error && <Problem error={error} onRetry={reload} isStale={data !== undefined} />}
      {data !== undefined ? children(data) : !error && <Skeleton lines={lines} label={`Loading ${what}`} />}
    </>
  );
}
