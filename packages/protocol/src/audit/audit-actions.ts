/** What people do that is written into the audit, as it is called there. */
export const AUDIT_ACTIONS = [
  // Of letters.
  'retry',
  'edit',
  'resolve',
  'discard',
  // Of a second person.
  'propose',
  'approve',
  'refuse',
  // Of an installation.
  'show_raw',
  'set_log_level',
  'reconcile',
  'replay',
  'restore',
  'take_over',
] as const;

export type AuditAction = (typeof AUDIT_ACTIONS)[number];
