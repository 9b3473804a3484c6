/** The way between two places: dots move on it while payments flow, and a gap is in it where it is cut. */
import type { Point, Size } from './topology-node.js';

export type TopologyEdgeProps = {
  readonly from: Point;
  readonly to: Point;
  readonly node: Size;
  readonly isDown: boolean;
  readonly word: string;
  readonly isBroken: boolean;
  readonly isFlowing: boolean;
};

export function TopologyEdge({ from, to, node, isDown, word, isBroken, isFlowing }: TopologyEdgeProps) {
  const start = isDown
    ? { x: from.x + node.width / 2, y: from.y + node.height }
    : { x: from.x + node.width, y: from.y + node.height / 2 };
  const end = isDown ? { x: start.x, y: to.y } : { x: to.x, y: start.y };
  const middle = { x: (start.x + end.x) / 2, y: (start.y + end.y) / 2 };
  const line = `M${start.x} ${start.y}L${end.x} ${end.y}`;
  return (
    <g class={isBroken ? 'way way-broken' : 'way'}>
      <path class="way-line" d={line} />
      {isFlowing && <path class="way-flow" d={line} />}
      {isBroken && <path class="way-cut" d={`M${middle.x - 5} ${middle.y - 5}l10 10m0-10l-10 10`} />}
      <text
        class="way-word"
        x={isDown ? middle.x + 12 : middle.x}
        y={isDown ? middle.y + 4 : middle.y - 10}
        text-anchor={isDown ? 'start' : 'middle'}
      >
        {word}
      </text>
    </g>
  );
}
