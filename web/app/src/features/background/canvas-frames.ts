import type { FramePath } from './frame-path';

/** A frame is read after this time if the browser does not report one: the camera stands still, or the page is hidden. */
const longestWaitMs = 250;

/** Firefox. Safari is not among them: its canvases cannot blur. */
export const canUseCanvasFrames = (): boolean =>
  'VideoFrame' in globalThis && 'requestVideoFrameCallback' in HTMLVideoElement.prototype && 'captureStream' in HTMLCanvasElement.prototype;

/**
 * The page plays the camera in a video that nobody sees, and draws what comes back on a canvas whose picture is sent. While the page is hidden, browsers run its timers and look
 * at its canvases about once a second, so the picture is slow then.
 */
export function openCanvasFrames(camera: MediaStreamTrack): FramePath {
  const video = document.createElement('video');
  video.muted = true;
  video.playsInline = true;
  video.srcObject = new MediaStream([camera]);
  const canvas = document.createElement('canvas');
  const context = canvas.getContext('2d', { alpha: false });
  if (context === null) throw new Error('The browser has no 2D context for a canvas.');
  const [track] = canvas.captureStream().getVideoTracks();
  if (track === undefined) throw new Error('The browser sends no picture of a canvas.');
  const read = readFrames(video);
  return {
    frames: read.frames,
    changed: new WritableStream({ write: frame => draw(frame, context) }),
    track,
    stop: () => {
      read.stop();
      video.srcObject = null;
      track.stop();
    },
  };
}

/** The frames of a video, one at a time: the next one is read when it is asked for, so none waits. Frames are copied when a worker gets them. */
export function readFrames(video: HTMLVideoElement): Pick<FramePath, 'frames' | 'stop'> {
  let isOver = false;
  let latest: VideoFrame | null = null;
  const frames = new ReadableStream<VideoFrame>({
    start: () => video.play(),
    pull: async controller => {
      latest?.close();
      latest = null;
      do await nextFrame(video); while (!isOver && video.readyState < HTMLMediaElement.HAVE_CURRENT_DATA);
      if (isOver) return controller.close();
      latest = new VideoFrame(video);
      controller.enqueue(latest);
    },
  }, { highWaterMark: 0 });
  return {
    frames,
    stop: () => {
      isOver = true;
      latest?.close();
    },
  };
}

function nextFrame(video: HTMLVideoElement): Promise<void> {
  return new Promise(resolve => {
    const timer = setTimeout(() => {
      video.cancelVideoFrameCallback(callback);
      resolve();
    }, longestWaitMs);
    const callback = video.requestVideoFrameCallback(() => {
      clearTimeout(timer);
      resolve();
    });
  });
}

/** Changing the size of a canvas clears it, and the browser looks at it only after the new frame is drawn. */
function draw(frame: VideoFrame, context: CanvasRenderingContext2D): void {
  const { canvas } = context;
  if (canvas.width !== frame.displayWidth) canvas.width = frame.displayWidth;
  if (canvas.height !== frame.displayHeight) canvas.height = frame.displayHeight;
  context.drawImage(frame, 0, 0);
  frame.close();
}
