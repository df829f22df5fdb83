/** Below `unsure` a pixel counts as background, above `sure` as the person; the edge lies between. */
const unsure = 0.4;
const sure = 0.7;
/** How much the opacity of a pixel may grow in one frame. */
const growth = 110;

/**
 * Writes how opaque the person is into the alpha values of an RGBA image, from the confidence (0 to 1) that each pixel belongs to the person. The opacity grows over three
 * frames, so that edges do not flicker, and falls at once, so that no part of the room stays visible where the person has left.
 */
export function updateMask(image: Uint8ClampedArray, confidence: Float32Array): void {
  for (let pixel = 0; pixel < confidence.length; pixel++) {
    const alpha = pixel * 4 + 3;
    image[alpha] = Math.min(opacityOf(confidence[pixel]!), image[alpha]! + growth);
  }
}

/** 0 for background, 255 for the person, and a smooth step between. What is not a number counts as background. */
function opacityOf(confidence: number): number {
  const position = (confidence - unsure) / (sure - unsure);
  if (!(position > 0)) return 0;
  return position >= 1 ? 255 : 255 * position * position * (3 - 2 * position);
}
