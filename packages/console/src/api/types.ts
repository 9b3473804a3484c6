/** What the admin API answers: the gateway's own types, and a page of a list. */
export type * from '@nats-bridge/gateway/admin-types';

export type Role = 'viewer' | 'operator' | 'admin';

export type Page<T> = {
  readonly items: readonly T[];
  readonly next_cursor?: string | undefined;
  readonly total?: number | undefined;
};
