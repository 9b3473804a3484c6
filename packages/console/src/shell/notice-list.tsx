/** The notices of actions, in a corner, said aloud by screen readers. */
import { useConsole } from '../console-context.js';
import { Icon } from '../parts/icon.js';

export function NoticeList() {
  const { notices } = useConsole();
  return (
    <div class="notices" role="status" aria-live="polite">
      {notices.list.value.map(({ id, tone, text }) => (
        <p key={id} class={`notice notice-${tone}`}>
          <Icon name={tone === 'good' ? 'check' : 'warning'} />
          <span>{text}</span>
          <button type="button" class="copy" aria-label="Dismiss" onClick={() => notices.dismiss(id)}>
            <Icon name="cross" />
          </button>
        </p>
      ))}
    </div>
  );
}
