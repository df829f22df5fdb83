import { coveringPart, type Size } from './crop';
import type { Effect } from './effect';
import { updateMask } from './mask';
import { drawPicture } from './pictures';
import { maskSize, type Segmenter } from './segmenter';

/** The background is blurred in a picture of this width, where it takes little time, and then enlarged. */
const blurWidth = 160;
const blurRadius = 4;
/** Drawn pictures and pictures of one's own are kept in this size. */
const pictureSize = { width: 1280, height: 720 };

/** Puts another background behind the person in each frame of a camera. For one worker. */
export class Compositor {
  readonly #segmenter: Segmenter;
  readonly #input = contextOf(maskSize, { willReadFrequently: true });
  readonly #maskImage = new ImageData(maskSize.width, maskSize.height);
  readonly #mask = contextOf(maskSize);
  readonly #output = contextOf(maskSize, { alpha: true });
  readonly #blurred = contextOf({ width: blurWidth, height: 1 });
  /** Null for the blurred room. */
  readonly #picture: CanvasImageSource & Size | null;

  private constructor(segmenter: Segmenter, picture: CanvasImageSource & Size | null) {
    this.#segmenter = segmenter;
    this.#picture = picture;
  }

  /** Rejects if the file of the effect is not a picture. */
  static async create(segmenter: Segmenter, effect: Effect): Promise<Compositor> {
    return new Compositor(segmenter, await pictureOf(effect));
  }

  /** The frame with the other background. The caller closes both frames, or gives them to a stream that does. */
  render(frame: VideoFrame): VideoFrame {
    const size = { width: frame.displayWidth, height: frame.displayHeight };
    this.#updateMask(frame);
    const output = this.#output;
    resize(output.canvas, size);
    output.globalCompositeOperation = 'copy';
    output.drawImage(this.#mask.canvas, 0, 0, size.width, size.height);
    output.globalCompositeOperation = 'source-in';
    output.drawImage(frame, 0, 0, size.width, size.height);
    output.globalCompositeOperation = 'destination-over';
    if (this.#picture === null) {
      output.drawImage(this.#blur(frame, size), 0, 0, size.width, size.height);
    } else {
      const part = coveringPart(this.#picture, size);
      output.drawImage(this.#picture, part.x, part.y, part.width, part.height, 0, 0, size.width, size.height);
    }
    return new VideoFrame(output.canvas, { timestamp: frame.timestamp, alpha: 'discard', ...(frame.duration === null ? {} : { duration: frame.duration }) });
  }

  #updateMask(frame: VideoFrame): void {
    const { width, height } = maskSize;
    this.#input.drawImage(frame, 0, 0, width, height);
    updateMask(this.#maskImage.data, this.#segmenter.segment(this.#input.getImageData(0, 0, width, height).data));
    this.#mask.putImageData(this.#maskImage, 0, 0);
  }

  #blur(frame: VideoFrame, { width, height }: Size): OffscreenCanvas {
    const blurred = this.#blurred;
    const size = { width: blurWidth, height: Math.max(1, Math.round(blurWidth * height / width)) };
    resize(blurred.canvas, size);
    blurred.filter = `blur(${blurRadius}px)`;
    // Slightly larger than the surface, because a blur makes the border of a picture transparent.
    const margin = 2 * blurRadius;
    blurred.drawImage(frame, -margin, -margin, size.width + 2 * margin, size.height + 2 * margin);
    return blurred.canvas;
  }
}

async function pictureOf(effect: Effect): Promise<CanvasImageSource & Size | null> {
  switch (effect.kind) {
    case 'blur': return null;
    case 'own': return createImageBitmap(effect.file);
    case 'drawn': {
      const context = contextOf(pictureSize);
      drawPicture(effect.name, context, pictureSize.width, pictureSize.height);
      return context.canvas;
    }
  }
}

function contextOf({ width, height }: Size, settings?: CanvasRenderingContext2DSettings): OffscreenCanvasRenderingContext2D {
  const context = new OffscreenCanvas(width, height).getContext('2d', settings);
  if (context === null) throw new Error('The browser has no 2D context for a canvas outside the page.');
  return context;
}

/** Setting the size of a canvas clears it, so it is set only when it changes. */
function resize(canvas: OffscreenCanvas, { width, height }: Size): void {
  if (canvas.width !== width) canvas.width = width;
  if (canvas.height !== height) canvas.height = height;
}
