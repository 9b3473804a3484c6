/** JSON, indented, with keys, texts, numbers and masked values told apart. */
const TOKEN = /("(?:\\.|[^"\\])*")(\s*:)?|\b(?:true|false|null)\b|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g;

export function JsonView({ value, label }: { readonly value: unknown; readonly label: string }) {
  const text = JSON.stringify(value, null, 2) ?? '';
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard
    <section class="json" tabIndex={0} aria-label={label}>
      <pre>
        <code>{[...paint(text)]}</code>
      </pre>
    </section>
  );
}

function* paint(text: string) {
  let end = 0;
  for (const match of text.matchAll(TOKEN)) {
    yield text.slice(end, match.index);
    const [whole, quoted, colon] = match;
    end = match.index + whole.length;
    if (quoted === undefined) yield <span class="json-number">{whole}</span>;
    else if (colon !== undefined) yield <span class="json-key">{whole}</span>;
    else yield <span class={quoted.includes('***') ? 'json-masked' : 'json-text'}>{whole}</span>;
  }
  yield text.slice(end);
}
