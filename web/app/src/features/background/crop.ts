export interface Size {
  readonly width: number;
  readonly height: number;
}

/** The part of a picture, in its pixels, that fills a surface of another shape: as large as possible, and from the middle. */
export function coveringPart(picture: Size, surface: Size): Size & { readonly x: number; readonly y: number } {
  const scale = Math.min(picture.width / surface.width, picture.height / surface.height);
  const [width, height] = [surface.width * scale, surface.height * scale];
  return { x: (picture.width - width) / 2, y: (picture.height - height) / 2, width, height };
}

/** The size of a picture after it was made smaller, but never larger, to fit into a limit. */
export function fitWithin(picture: Size, limit: Size): Size {
  const scale = Math.min(1, limit.width / picture.width, limit.height / picture.height);
  return { width: Math.max(1, Math.round(picture.width * scale)), height: Math.max(1, Math.round(picture.height * scale)) };
}
