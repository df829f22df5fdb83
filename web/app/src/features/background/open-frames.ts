import { canUseCanvasFrames, openCanvasFrames } from './canvas-frames';
import type { FramePath } from './frame-path';
import { canUseTrackFrames, openTrackFrames } from './track-frames';

export const canUseFrames = (): boolean => canUseTrackFrames() || canUseCanvasFrames();

/** Throws where the browser has no way to the frames of a camera. */
export const openFrames = (camera: MediaStreamTrack): FramePath => (canUseTrackFrames() ? openTrackFrames(camera) : openCanvasFrames(camera));
