/** The frame around every screen: where one is, where one can go, who one is, and whether it is live. */
import { useEffect, useRef } from 'preact/hooks';
import { useConsole, useSession } from '../console-context.js';
import { Button } from '../parts/button.js';
import { EmptyState } from '../parts/empty-state.js';
import { Link } from '../routing/link.js';
import { keepFocus } from './keep-focus.js';
import { LiveMark } from './live-mark.js';
import { Navigation } from './navigation.js';
import { NoticeList } from './notice-list.js';
import { placeAt } from './screens.js';
import { ThemeSwitch } from './theme-switch.js';

export function Shell({ onSignOut }: { readonly onSignOut: () => void }) {
  const { router } = useConsole();
  const { who, role } = useSession();
  const { path } = router.location.value;
  const place = placeAt(path);
  const title = place?.screen.title ?? 'Not found';
  const main = useRef<HTMLElement>(null);
  const isFirst = useRef(true);

  useEffect(() => {
    document.title = `${title} · NATS Bridge`;
    // Readers of the screen begin where a sighted person looks; not at the first load, where the browser decides.
    if (!isFirst.current) main.current?.focus({ preventScroll: true });
    isFirst.current = false;
    window.scrollTo(0, 0);
    return main.current ? keepFocus(main.current) : undefined;
  }, [path]);

  return (
    <div class="shell">
      <a class="skip" href="#main">
        Skip to the screen
      </a>
      <Navigation current={place?.screen.path} />
      <header class="top">
        <LiveMark />
        <ThemeSwitch />
        <span class="who" title={`signed in as ${who}, ${role}`}>
          <span class="who-name">{who}</span> <span class="who-role">{role}</span>
        </span>
        <Button kind="quiet" icon="leave" label="Sign out" title="Sign out" onClick={onSignOut}>
          {''}
        </Button>
      </header>
      <main id="main" ref={main} tabIndex={-1} key={path}>
        {place ? (
          <place.component parts={place.parts} />
        ) : (
          <>
            <h1>Nothing is here</h1>
            <EmptyState icon="question" title="The console has no such page.">
              <Link to="/">To the overview</Link>
            </EmptyState>
          </>
        )}
      </main>
      <NoticeList />
    </div>
  );
}
