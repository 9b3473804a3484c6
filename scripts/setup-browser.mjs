/** The browser in which the console is tested: the system's Chromium. */
import { installPackages, works } from './debian-packages.mjs';

const NAMES = ['chromium', 'chromium-browser', 'google-chrome'];

/** @throws Error that says what to install by hand */
export async function setupBrowser() {
  if (NAMES.some((name) => works(name, ['--version']))) return;
  await installPackages('Chromium', ['chromium']);
}
