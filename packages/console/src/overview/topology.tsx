/** The way a payment takes, with what is true of each place on it now: beside each other, below each other on a phone. */
import type { Overview } from '../api/types.js';
import { PHONE, useMedia } from '../parts/use-media.js';
import { TopologyEdge } from './topology-edge.js';
import { TopologyNode } from './topology-node.js';
import { type Place, placesOf } from './topology-places.js';

const NODE = { width: 164, height: 92 };
const GAP = { across: 62, down: 46 };

export function Topology({ overview }: { readonly overview: Overview }) {
  const isPhone = useMedia(PHONE);
  const places = placesOf(overview);
  const at = (index: number) =>
    isPhone ? { x: 88, y: index * (NODE.height + GAP.down) } : { x: index * (NODE.width + GAP.across), y: 0 };
  const last = at(places.length - 1);
  const width = isPhone ? 340 : last.x + NODE.width;
  const height = last.y + NODE.height;
  const isFlowing = overview.throughput_per_s > 0;
  return (
    <svg
      class={isPhone ? 'topology topology-down' : 'topology'}
      viewBox={`-1 -1 ${width + 2} ${height + 2}`}
      role="img"
      aria-label={places.map(spoken).join('. ')}
    >
      {places.slice(1).map((place, index) => (
        <TopologyEdge
          key={place.name}
          from={at(index)}
          to={at(index + 1)}
          node={NODE}
          isDown={isPhone}
          word={place.edge}
          isBroken={place.isCutOff}
          isFlowing={isFlowing && !place.isCutOff}
        />
      ))}
      {places.map((place, index) => (
        <TopologyNode key={place.name} place={place} at={at(index)} size={NODE} />
      ))}
    </svg>
  );
}

function spoken({ name, lines }: Place): string {
  return `${name}: ${lines.map(({ text }) => text).join(', ')}`;
}
