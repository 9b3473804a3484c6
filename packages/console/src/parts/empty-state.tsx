/** Nothing to show, and what that means. */
import type { ComponentChildren } from 'preact';
import { Icon, type IconName } from './icon.js';

export type EmptyStateProps = {
  readonly icon: IconName;
  readonly title: string;
  readonly children?: ComponentChildren;
};

export function EmptyState({ icon, title, children }: EmptyStateProps) {
  return (
    <div class="empty">
      <Icon name={icon} />
      <p class="empty-title">{title}</p>
      {children && <div class="empty-text">{children}</div>}
    </div>
  );
}
