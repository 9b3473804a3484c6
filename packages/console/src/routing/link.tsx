/** A link inside the console: no page load, and still a link for the keyboard, the middle button and new tabs. */
import type { ComponentChildren } from 'preact';
import { useConsole } from '../console-context.js';

export type LinkProps = {
  readonly to: string;
  readonly class?: string;
  readonly children: ComponentChildren;
  readonly isCurrent?: boolean;
  readonly label?: string;
  readonly tabIndex?: number;
  readonly onFollow?: () => void;
};

export function Link({ to, children, isCurrent, label, tabIndex, onFollow, ...rest }: LinkProps) {
  const { router } = useConsole();
  const follow = (event: MouseEvent) => {
    if (event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    event.preventDefault();
    router.navigate(to);
    onFollow?.();
  };
  return (
    <a
      href={router.href(to)}
      class={rest.class}
      aria-current={isCurrent ? 'page' : undefined}
      aria-label={label}
      tabIndex={tabIndex}
      onClick={follow}
    >
      {children}
    </a>
  );
}
