export interface GridLayout {
  readonly columns: number;
  readonly rows: number;
  readonly tileWidth: number;
  readonly tileHeight: number;
}

/** Aspect ratios of tiles, widest first. Narrow tiles crop much of a camera picture, so only tall windows use them. */
const wideShapes = [16 / 9, 4 / 3];
const tallShapes = [...wideShapes, 1, 4 / 5];

/** The arrangement in which each of `count` tiles has the largest area. Lengths are CSS pixels. */
export function gridLayout(count: number, width: number, height: number, gap: number): GridLayout {
  let best: GridLayout = { columns: 1, rows: Math.max(1, count), tileWidth: 0, tileHeight: 0 };
  if (count === 0 || width <= 0 || height <= 0) return best;
  const shapes = height > width ? tallShapes : wideShapes;
  for (let columns = 1; columns <= count; columns++) {
    const rows = Math.ceil(count / columns);
    const roomWidth = (width - gap * (columns - 1)) / columns;
    const roomHeight = (height - gap * (rows - 1)) / rows;
    if (roomWidth <= 0 || roomHeight <= 0) continue;
    for (const shape of shapes) {
      const tileWidth = Math.floor(Math.min(roomWidth, roomHeight * shape));
      const tileHeight = Math.floor(tileWidth / shape);
      if (tileWidth * tileHeight > best.tileWidth * best.tileHeight * 1.02) best = { columns, rows, tileWidth, tileHeight };
    }
  }
  return best;
}

/** The number of tiles that fit while faces stay recognizable; one "and n more" tile stands for the others. */
export function tilesThatFit(width: number, height: number): number {
  const smallest = 150 * 100;
  return Math.min(25, Math.max(2, Math.floor((width * height) / smallest)));
}
