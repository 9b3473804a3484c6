/** A place of the topology: its name, two lines about it, and how full it is. */
import type { Place } from './topology-places.js';

export type Point = { readonly x: number; readonly y: number };
export type Size = { readonly width: number; readonly height: number };

export function TopologyNode({
  place,
  at,
  size,
}: {
  readonly place: Place;
  readonly at: Point;
  readonly size: Size;
}) {
  const isTroubled = place.isCutOff || place.lines.some(({ isTrouble }) => isTrouble);
  const share = Math.min(place.share ?? 0, 1);
  return (
    <g transform={`translate(${at.x} ${at.y})`} class={isTroubled ? 'place place-troubled' : 'place'}>
      <rect class="place-box" width={size.width} height={size.height} rx="8" />
      <text class="place-name" x="14" y="26">
        {place.name}
      </text>
      {place.lines.map(({ text, isTrouble }, index) => (
        <text
          key={text}
          class={isTrouble ? 'place-line place-trouble' : 'place-line'}
          x="14"
          y={50 + index * 20}
        >
          {isTrouble ? `! ${text}` : text}
        </text>
      ))}
      {place.share !== undefined && (
        <>
          <rect class="share-whole" x="14" y={size.height - 13} width={size.width - 28} height="3" rx="1.5" />
          <rect
            class={share > 0.8 ? 'share-part share-high' : 'share-part'}
            x="14"
            y={size.height - 13}
            width={(size.width - 28) * share}
            height="3"
            rx="1.5"
          />
        </>
      )}
    </g>
  );
}
