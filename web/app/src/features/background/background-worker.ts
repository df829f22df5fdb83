import { Compositor } from './compositor';
import type { BackgroundProblem, Effect, WorkerReport, WorkerRequest } from './effect';
import { isTooSlow, nextPace, startingPace } from './pace';
import { loadSegmenter, type Segmenter } from './segmenter';

/** The worker that changes the background. It goes on while its page is hidden. A frame leaves it changed or not at all; after a problem, no frame leaves it. */
const scope = globalThis as unknown as {
  postMessage(message: WorkerReport): void;
  onmessage: ((event: MessageEvent<WorkerRequest>) => void) | null;
};

let segmenter: Segmenter;
let compositor: Compositor;
/** Requests are handled one after the other. */
let handled: Promise<void> = Promise.resolve();

scope.onmessage = ({ data }) => {
  handled = handled.then(() => handle(data)).catch(() => fail('background-failed'));
};

async function handle(request: WorkerRequest): Promise<void> {
  if (request.type === 'start') segmenter = await loadSegmenter();
  await setEffect(request.effect);
  if (request.type === 'start') {
    scope.postMessage({ type: 'ready' });
    void run(request.frames.getReader(), request.changed.getWriter()).catch(() => fail('background-failed'));
  }
}

async function setEffect(effect: Effect): Promise<void> {
  compositor = await Compositor.create(segmenter, effect);
}

async function run(frames: ReadableStreamDefaultReader<VideoFrame>, changed: WritableStreamDefaultWriter<VideoFrame>): Promise<void> {
  let pace = startingPace;
  for (;;) {
    const { value: frame } = await frames.read();
    if (frame === undefined) return;
    const start = performance.now();
    let picture: VideoFrame | undefined;
    try {
      picture = compositor.render(frame);
      await changed.write(picture);
    } finally {
      frame.close();
      picture?.close(); // a page gets a copy
    }
    const now = performance.now();
    pace = nextPace(pace, now - start, now);
    if (isTooSlow(pace, now)) {
      await frames.cancel();
      return fail('background-slow');
    }
  }
}

function fail(problem: BackgroundProblem): void {
  scope.postMessage({ type: 'problem', problem });
}
