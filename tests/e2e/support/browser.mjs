import { chromium } from 'playwright-core';

export const flags = [
  '--no-sandbox', '--use-fake-device-for-media-stream', '--use-fake-ui-for-media-stream', '--autoplay-policy=no-user-gesture-required',
  '--allow-loopback-in-peer-connection', '--auto-accept-this-tab-capture', '--disable-background-networking', '--disable-component-update', '--disable-sync', '--no-first-run',
];

/** Chromium without its user interface. Pages behave the same, and the start takes half the CPU time. */
export const headlessShell = process.env.CHROMIUM ?? '/usr/bin/chromium-headless-shell';

/** The full Chromium. */
export const desktop = process.env.CHROMIUM ?? '/usr/bin/chromium';

/** Starts Debian's Chromium with a fake camera (a moving picture) and a fake microphone (one beep per second). */
export function launch(extra = [], executablePath = headlessShell) {
  return chromium.launch({ executablePath, args: [...flags, ...extra] });
}

/** Requests small video and unprocessed sound, because two pages that encode 720p and cancel echoes in software overload a small machine. */
export const lightCapture = ({ frameRate = 10, width = 320 } = {}) => {
  const devices = globalThis.navigator.mediaDevices;
  if (devices === undefined) return;
  const real = devices.getUserMedia.bind(devices);
  const changed = (asked, changes) => (typeof asked === 'object' ? { ...asked, ...changes } : asked);
  devices.getUserMedia = ({ video, audio, ...rest }) => real({
    ...rest,
    video: changed(video, { width, height: width * 9 / 16, frameRate }),
    audio: changed(audio, { echoCancellation: false, noiseSuppression: false, autoGainControl: false }),
  });
};

/** Collects the page's peer connections in `globalThis.connections`, so that a test can read their statistics. */
export const watchConnections = () => {
  const Real = globalThis.RTCPeerConnection;
  globalThis.connections = [];
  globalThis.RTCPeerConnection = class extends Real {
    constructor(...args) {
      super(...args);
      globalThis.connections.push(this);
    }
  };
};
