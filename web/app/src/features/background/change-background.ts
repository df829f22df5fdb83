import type { Background } from './backgrounds';
import type { BackgroundProblem, Effect, WorkerReport, WorkerRequest } from './effect';
import { canUseFrames, openFrames } from './open-frames';
import { ownPicture } from './own-picture';

/** A camera's track with another background. */
export interface BackgroundTrack {
  readonly track: MediaStreamTrack;
  /** Changes to another background. The former one stays until then. */
  change(background: ChangedBackground): void;
  /** Ends the track. The camera goes on. */
  stop(): void;
}

/** Runtime and model have 0.9 MB. A camera must not stay open for long without being used. */
const startLimitMs = 20_000;

export type ChangedBackground = Exclude<Background, 'none'>;

/** Whether this browser can change the background. A canvas that cannot blur would show the room. */
export function canChangeBackground(): boolean {
  return ['OffscreenCanvasRenderingContext2D', 'Worker', 'WebAssembly'].every(name => name in globalThis) && 'filter' in OffscreenCanvasRenderingContext2D.prototype && canUseFrames();
}

/**
 * Puts a background behind the person in front of a camera. The returned track carries changed frames only. Calls `onProblem` when a started track has ended because of a
 * problem; rejects where the browser cannot change the background.
 */
export async function changeBackground(camera: MediaStreamTrack, background: ChangedBackground, onProblem: (problem: BackgroundProblem) => void): Promise<BackgroundTrack> {
  if (!canChangeBackground()) throw new Error('The browser cannot change the background.');
  const effect = await effectOf(background);
  const { frames, changed, track, stop: stopFrames } = openFrames(camera);
  const worker = new Worker(new URL('./background-worker.ts', import.meta.url), { type: 'module', name: 'background' });
  const stop = () => {
    worker.terminate();
    stopFrames();
  };
  const post = (request: WorkerRequest, transfer: Transferable[] = []) => worker.postMessage(request, transfer);
  try {
    await new Promise<void>((resolve, reject) => {
      watch(worker, resolve, problem => reject(new Error(problem)));
      setTimeout(() => reject(new Error(`The background was not ready after ${startLimitMs} ms.`)), startLimitMs);
      post({ type: 'start', frames, changed, effect }, [frames, changed]);
    });
  } catch (error) {
    stop();
    throw error;
  }
  watch(worker, () => undefined, problem => {
    stop();
    onProblem(problem);
  });
  /** Ends when the last change is sent. Changes stay in their order, although a picture has to be read first. */
  let changes = Promise.resolve();
  return {
    track,
    change: next => { changes = changes.then(async () => post({ type: 'effect', effect: await effectOf(next) })); },
    stop,
  };
}

function watch(worker: Worker, onReady: () => void, onProblem: (problem: BackgroundProblem) => void): void {
  worker.onmessage = ({ data }: MessageEvent<WorkerReport>) => {
    if (data.type === 'ready') onReady();
    else onProblem(data.problem);
  };
  worker.onerror = () => onProblem('background-failed');
}

/** A picture of one's own that the browser has lost is replaced by the blurred room. */
async function effectOf(background: ChangedBackground): Promise<Effect> {
  if (background === 'blur') return { kind: 'blur' };
  if (background !== 'own') return { kind: 'drawn', name: background };
  const file = await ownPicture.load();
  return file === null ? { kind: 'blur' } : { kind: 'own', file };
}
