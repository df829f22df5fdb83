import { chromium } from 'playwright-core';

export const flags = [
  '--no-sandbox', '--use-fake-device-for-media-stream', '--use-fake-ui-for-media-stream', '--autoplay-policy=no-user-gesture-required',
  '--allow-loopback-in-peer-connection', '--auto-accept-this-tab-capture', '--disable-background-networking', '--disable-component-update', '--disable-sync', '--no-first-run',
];

/** Chromium without the browser around the page: for a page the same, for a small machine half the work at each start. */
export const headlessShell = process.env.CHROMIUM ?? '/usr/bin/chromium-headless-shell';

/** Chromium as people have it. */
export const desktop = process.env.CHROMIUM ?? '/usr/bin/chromium';

/** Debian's Chromium with a fake camera (a picture that moves) and a fake microphone (a beep a second). */
export function launch(extra = [], executablePath = headlessShell) {
  return chromium.launch({ executablePath, args: [...flags, ...extra] });
}

/** Asks for small pictures: two pages that encode 720p in software would use up a small machine. */
export const smallCamera = () => {
  const devices = globalThis.navigator.mediaDevices;
  if (devices === undefined) return;
  const real = devices.getUserMedia.bind(devices);
  devices.getUserMedia = constraints => real(typeof constraints.video === 'object'
    ? { ...constraints, video: { ...constraints.video, width: 320, height: 180, frameRate: 10 } } : constraints);
};

/** Collects the page's peer connections, so that a test can ask the browser itself what arrives. */
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
