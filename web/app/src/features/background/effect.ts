import type { PictureName } from './pictures';

/** What a worker puts behind the person. */
export type Effect =
  | { readonly kind: 'blur' }
  | { readonly kind: 'drawn'; readonly name: PictureName }
  | { readonly kind: 'own'; readonly file: Blob };

/** Why the background cannot be changed: an error, or a machine that needs too long for each frame. */
export type BackgroundProblem = 'background-failed' | 'background-slow';

export type WorkerRequest =
  | { readonly type: 'start'; readonly frames: ReadableStream<VideoFrame>; readonly changed: WritableStream<VideoFrame>; readonly effect: Effect }
  | { readonly type: 'effect'; readonly effect: Effect };

export type WorkerReport =
  | { readonly type: 'ready' }
  | { readonly type: 'problem'; readonly problem: BackgroundProblem };
