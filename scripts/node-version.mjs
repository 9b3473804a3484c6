/** Ends a script on a Node that is too old. Imported first, for this alone; older ones can read it, too. */
const { node } = process.versions;
const [major, minor] = node.split('.').map(Number);
const isEnough = major === 20 ? minor >= 19 : major > 22 || (major === 22 && minor >= 12);
if (!isEnough) {
  process.stderr.write(`✗ Node ${node} does not do: install 20.19 or a later 20, or 22.12 or later\n`);
  process.exit(1);
}
