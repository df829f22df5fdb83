/**
 * Runs in the page before its scripts: the camera shows 960 by 540 pixels that need about as many bits as each layer may have. Chromium's own fake camera needs few.
 */
export const busyCamera = frameRate => {
  const devices = globalThis.navigator.mediaDevices;
  const real = devices.getUserMedia.bind(devices);
  const [columns, rows, block] = [80, 45, 12];
  const canvas = globalThis.document.createElement('canvas');
  Object.assign(canvas, { width: columns * block, height: rows * block });
  const pen = canvas.getContext('2d');
  setInterval(() => {
    for (let count = 0; count < 250; count++) {
      pen.fillStyle = `hsl(${Math.random() * 360} 40% ${30 + Math.random() * 40}%)`;
      pen.fillRect(block * Math.floor(Math.random() * columns), block * Math.floor(Math.random() * rows), block, block);
    }
  }, 1_000 / frameRate);
  devices.getUserMedia = async ({ video, audio }) =>
    new MediaStream([...(audio ? (await real({ audio })).getAudioTracks() : []), ...(video ? canvas.captureStream(frameRate).getVideoTracks() : [])]);
};
