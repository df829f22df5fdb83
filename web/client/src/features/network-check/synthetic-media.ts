/** Media that needs no permission: a tone that nobody hears, and a picture of noise, which takes as much of the line as it may. */
export interface CheckMedia {
  readonly audio: MediaStreamTrack;
  readonly video: MediaStreamTrack;
  readonly stop: () => void;
  /** Whether the page was hidden for a time. Browsers draw little there, so what is sent says nothing about the line. */
  readonly wasHidden?: () => boolean;
}

const width = 640;
const height = 360;
const framesPerSecond = 20;
/** Edge length of the squares of noise, in pixels: smaller ones take an encoder too long. */
const square = 4;

export function syntheticMedia(random: () => number): CheckMedia {
  const canvas = document.createElement('canvas');
  Object.assign(canvas, { width, height });
  const drawing = canvas.getContext('2d')!;
  const draw = () => {
    const image = drawing.createImageData(width / square, height / square);
    for (let at = 0; at < image.data.length; at++) image.data[at] = at % 4 === 3 ? 255 : Math.floor(random() * 256);
    drawing.putImageData(image, 0, 0);
    drawing.drawImage(canvas, 0, 0, width / square, height / square, 0, 0, width, height);
  };
  draw();
  const stream = canvas.captureStream(framesPerSecond);
  const context = new AudioContext();
  const oscillator = context.createOscillator();
  const sink = context.createMediaStreamDestination();
  oscillator.connect(sink);
  oscillator.start();
  const timer = setInterval(draw, 1_000 / framesPerSecond);
  let wasHidden = document.hidden;
  const onVisibility = () => { wasHidden ||= document.hidden; };
  document.addEventListener('visibilitychange', onVisibility);
  const [audio, video] = [sink.stream.getAudioTracks()[0]!, stream.getVideoTracks()[0]!];
  return {
    audio,
    video,
    wasHidden: () => wasHidden,
    stop: () => {
      document.removeEventListener('visibilitychange', onVisibility);
      clearInterval(timer);
      audio.stop();
      video.stop();
      void context.close().catch(() => undefined);
    },
  };
}
