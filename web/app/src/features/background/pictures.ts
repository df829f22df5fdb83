/** The part of a 2D context that the pictures need; a page and a worker have different ones. */
type Surface = CanvasPath & CanvasDrawPath & CanvasFillStrokeStyles & CanvasRect;

/** Draws a picture that fills a surface of this size. */
type Draw = (surface: Surface, width: number, height: number) => void;

/** A hill at dusk, the sea at noon, and a plain wall with a lamp. They are drawn, so they need no files and fit every size. */
const draw = {
  hills(surface, width, height) {
    fill(surface, width, height, ['#2b3a67', '#8d6a9f', '#f2a88b', '#fbd6a4']);
    for (const [index, color] of ['#6d5a7e', '#4a4668', '#2a3150'].entries()) {
      const top = height * (0.52 + 0.15 * index);
      wave(surface, width, height, top, height * 0.07, 1.3 + 0.6 * index, index * 2.1, color);
    }
  },
  sea(surface, width, height) {
    fill(surface, width, height, ['#bfe3ee', '#e6f4f1', '#fdf3dc']);
    for (const [index, color] of ['#8cc7cf', '#5aa9b5', '#31849a', '#1e6180'].entries()) {
      const top = height * (0.5 + 0.12 * index);
      wave(surface, width, height, top, height * 0.018, 3 + index, index * 1.7, color);
    }
  },
  wall(surface, width, height) {
    fill(surface, width, height, ['#d9cdbb', '#cbbda8']);
    const light = surface.createRadialGradient(width * 0.82, height * 0.2, 0, width * 0.82, height * 0.2, width * 0.6);
    light.addColorStop(0, 'rgb(255 240 205 / 90%)');
    light.addColorStop(1, 'rgb(255 240 205 / 0%)');
    surface.fillStyle = light;
    surface.fillRect(0, 0, width, height);
    surface.fillStyle = '#b3a28a';
    surface.fillRect(0, height * 0.86, width, height * 0.012);
    surface.fillStyle = '#c2b29b';
    surface.fillRect(0, height * 0.872, width, height * 0.128);
  },
} satisfies Record<string, Draw>;

export type PictureName = keyof typeof draw;

export const pictureNames = Object.keys(draw) as PictureName[];

export function drawPicture(name: PictureName, surface: Surface, width: number, height: number): void {
  draw[name](surface, width, height);
}

/** Fills the surface with colours from the top to the bottom. */
function fill(surface: Surface, width: number, height: number, colors: readonly string[]): void {
  const gradient = surface.createLinearGradient(0, 0, 0, height);
  for (const [index, color] of colors.entries()) gradient.addColorStop(index / (colors.length - 1), color);
  surface.fillStyle = gradient;
  surface.fillRect(0, 0, width, height);
}

/** Fills everything below a wavy line around `top`. */
function wave(surface: Surface, width: number, height: number, top: number, swing: number, turns: number, phase: number, color: string): void {
  surface.beginPath();
  surface.moveTo(0, height);
  for (let step = 0; step <= 48; step++) surface.lineTo(width * step / 48, top + swing * Math.sin(phase + turns * 2 * Math.PI * step / 48));
  surface.lineTo(width, height);
  surface.closePath();
  surface.fillStyle = color;
  surface.fill();
}
