/** Begins the console in the page. */
import './styles/tokens.css';
import './styles/base.css';
import './styles/shell.css';
import './styles/parts.css';
import './styles/screens.css';
import { render } from 'preact';
import { App } from './app.js';
import { createRouter } from './routing/router.js';
import { keepSession } from './session/session.js';
import { createNotices } from './shell/notices.js';
import { followTheme } from './shell/theme.js';

const place = document.getElementById('console');
if (place === null) throw new Error('the page has no place for the console');

// The session first: it takes the token out of the address before the router reads it.
const session = keepSession();
const tools = { router: createRouter(), notices: createNotices(), theme: followTheme() };
render(<App session={session} tools={tools} />, place);
