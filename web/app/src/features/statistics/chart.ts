export interface ChartPoint {
  readonly at: number;
  /** Null where nothing was measured; the line has a gap there. */
  readonly value: number | null;
}

/** The SVG path of a line chart. The right edge is the time of the last point, the left edge is `spanMs` before it, and `max` is at the top. */
export function chartPath(points: readonly ChartPoint[], spanMs: number, max: number, width: number, height: number): string {
  const end = points.at(-1)?.at ?? 0;
  let gap = true;
  return points.filter(({ at }) => at >= end - spanMs).map(({ at, value }) => {
    if (value === null) {
      gap = true;
      return '';
    }
    const command = gap ? 'M' : 'L';
    gap = false;
    const x = width - ((end - at) / spanMs) * width;
    const y = height - (max === 0 ? 0 : Math.min(1, value / max)) * height;
    return `${command}${round(x)} ${round(y)}`;
  }).join('');
}

const round = (length: number): number => Math.round(length * 10) / 10;
