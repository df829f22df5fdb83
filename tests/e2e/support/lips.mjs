/** Runs in the page before its scripts: the camera is white and the microphone beeps for 100 ms, three times within each 1.2 s of the clock, in different distances. */
export const flashAndBeep = () => {
  const devices = globalThis.navigator.mediaDevices;
  devices.getUserMedia = async ({ audio, video }) => {
    const tracks = [];
    const follow = [];
    if (audio) {
      const context = new AudioContext({ sampleRate: 48_000 });
      const output = context.createMediaStreamDestination();
      const tone = new OscillatorNode(context, { frequency: 1_000 });
      const gain = new GainNode(context, { gain: 0 });
      tone.connect(gain).connect(output);
      tone.start();
      follow.push(isOn => { gain.gain.value = isOn ? 0.5 : 0; });
      tracks.push(...output.stream.getAudioTracks());
    }
    if (video) {
      const canvas = Object.assign(globalThis.document.createElement('canvas'), { width: 320, height: 180 });
      const pen = canvas.getContext('2d');
      follow.push(isOn => {
        pen.fillStyle = isOn ? 'white' : 'black';
        pen.fillRect(0, 0, canvas.width, canvas.height);
      });
      tracks.push(...canvas.captureStream(30).getVideoTracks());
    }
    setInterval(() => {
      const at = (performance.timeOrigin + performance.now()) % 1_200;
      const isOn = [0, 300, 700].some(start => at >= start && at < start + 100);
      for (const show of follow) show(isOn);
    }, 10);
    return new MediaStream(tracks);
  };
};

/**
 * Runs in the page before its scripts: `globalThis.lips` has what is played of others, for each track: when it began, and when each flash or beep began, in ms since 1970. A new
 * `audio` element or a new track in one begins a new list.
 */
export const watchLips = () => {
  globalThis.lips = { audio: [], video: [] };
  const seen = new WeakSet();
  const now = () => performance.timeOrigin + performance.now();
  const begin = kind => {
    const list = { since: now(), starts: [] };
    globalThis.lips[kind].push(list);
    let was = false;
    return is => {
      if (is && !was) list.starts.push(now());
      was = is;
    };
  };
  const listen = track => {
    let note = null;
    void new MediaStreamTrackProcessor({ track: track.clone() }).readable.pipeTo(new WritableStream({
      write(data) {
        const samples = new Float32Array(data.numberOfFrames);
        data.copyTo(samples, { planeIndex: 0, format: 'f32-planar' });
        data.close();
        note ??= begin('audio');
        note(samples.some(sample => Math.abs(sample) > 0.1));
      },
    }));
  };
  const look = video => {
    const pen = new OffscreenCanvas(1, 1).getContext('2d', { willReadFrequently: true });
    let note = null;
    const read = () => {
      pen.drawImage(video, 0, 0, 1, 1);
      note ??= begin('video');
      note(pen.getImageData(0, 0, 1, 1).data[0] > 128);
      video.requestVideoFrameCallback(read);
    };
    video.requestVideoFrameCallback(read);
  };
  setInterval(() => {
    for (const element of document.querySelectorAll('audio, [data-testid=tile][data-self=false] video')) {
      const track = element.srcObject?.getTracks()[0];
      if (track === undefined || seen.has(track)) continue;
      seen.add(track);
      if (track.kind === 'audio') listen(track);
      else look(element);
    }
  }, 10);
};

/** By how many milliseconds the sound comes after the picture, for each flash of the first `within` ms in which both are played. */
export function offsets({ audio, video }, within) {
  const from = Math.max(audio.since, video.since);
  return video.starts.filter(at => at >= from && at < from + within)
    .map(flash => audio.starts.map(beep => beep - flash).reduce((least, offset) => (Math.abs(offset) < Math.abs(least) ? offset : least), Infinity));
}
