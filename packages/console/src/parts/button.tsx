/** A button: plain, the main one of its place, or one whose effect cannot be taken back. */
import type { ComponentChildren } from 'preact';
import { Icon, type IconName } from './icon.js';

export type ButtonProps = {
  readonly children: ComponentChildren;
  readonly icon?: IconName;
  readonly kind?: 'plain' | 'main' | 'danger' | 'quiet';
  readonly type?: 'button' | 'submit';
  readonly disabled?: boolean;
  readonly isBusy?: boolean;
  readonly pressed?: boolean;
  readonly label?: string;
  readonly title?: string | undefined;
  readonly onClick?: () => void;
};

export function Button({
  children,
  icon,
  kind = 'plain',
  type = 'button',
  isBusy,
  pressed,
  label,
  ...rest
}: ButtonProps) {
  return (
    <button
      type={type}
      class={`button button-${kind}`}
      disabled={rest.disabled}
      // Not disabled: it would lose the focus.
      aria-disabled={isBusy}
      aria-busy={isBusy}
      aria-pressed={pressed}
      aria-label={label}
      title={rest.title}
      onClick={isBusy ? refuse : rest.onClick}
    >
      {icon && <Icon name={icon} />}
      {children}
    </button>
  );
}

/** Also keeps its form from being sent twice. */
function refuse(event: Event): void {
  event.preventDefault();
}
