/** The way around: at the side, and at the bottom of a phone, where four screens and "more" fit. */
import { useLayoutEffect, useRef, useState } from 'preact/hooks';
import { useSession } from '../console-context.js';
import { count, plural } from '../format/number.js';
import { Icon } from '../parts/icon.js';
import { PHONE, useMedia } from '../parts/use-media.js';
import { Link } from '../routing/link.js';
import { SCREENS, type Screen } from './screens.js';

const ON_PHONE = 4;

export function Navigation({ current }: { readonly current: string | undefined }) {
  const isPhone = useMedia(PHONE);
  const [isOpen, setOpen] = useState(false);
  const more = useRef<HTMLButtonElement>(null);
  const direct = isPhone ? SCREENS.slice(0, ON_PHONE) : SCREENS;
  const rest = isPhone ? SCREENS.slice(ON_PHONE) : [];

  useLayoutEffect(() => {
    if (!isOpen) return;
    const closeOnEscape = (event: KeyboardEvent) => {
      if (event.key !== 'Escape') return;
      setOpen(false);
      more.current?.focus();
    };
    window.addEventListener('keydown', closeOnEscape);
    return () => window.removeEventListener('keydown', closeOnEscape);
  }, [isOpen]);

  const item = (screen: Screen) => (
    <li key={screen.path}>
      <Link
        to={screen.path}
        class="nav-link"
        isCurrent={screen.path === current}
        onFollow={() => setOpen(false)}
      >
        <Icon name={screen.icon} />
        <span class="nav-title">{screen.shortTitle ?? screen.title}</span>
        {screen.path === '/letters' && <Waiting />}
      </Link>
    </li>
  );
  return (
    <nav class="nav" aria-label="Screens">
      <p class="brand">NATS Bridge</p>
      <ul class="nav-list">
        {direct.map(item)}
        {rest.length > 0 && (
          <li>
            <button
              ref={more}
              type="button"
              class="nav-link"
              aria-expanded={isOpen}
              aria-controls="nav-more"
              onClick={() => setOpen(!isOpen)}
            >
              <Icon name="more" />
              <span class="nav-title">More</span>
            </button>
          </li>
        )}
      </ul>
      {rest.length > 0 && (
        <ul class="nav-more" id="nav-more" hidden={!isOpen}>
          {rest.map(item)}
        </ul>
      )}
    </nav>
  );
}

/** How many letters wait for somebody; red where money may have moved. */
function Waiting() {
  const { live } = useSession();
  const { dead_letters = 0, interventions = 0 } = live.overview.value?.letters ?? {};
  const waiting = dead_letters + interventions;
  if (waiting === 0) return null;
  return (
    <span class={interventions > 0 ? 'badge badge-urgent' : 'badge'}>
      <span aria-hidden="true">{waiting > 999 ? '999+' : count(waiting)}</span>
      <span class="unseen"> {plural(waiting, 'letter')} waiting</span>
    </span>
  );
}
