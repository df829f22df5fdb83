/** Runs in the page: it behaves as in a hidden tab, which draws nothing. Headless browsers hide no tabs. `globalThis.actVisible` ends it. */
export const actHidden = () => {
  const [frame, callback] = [globalThis.requestAnimationFrame, HTMLVideoElement.prototype.requestVideoFrameCallback];
  Object.defineProperty(document, 'visibilityState', { value: 'hidden', configurable: true });
  globalThis.requestAnimationFrame = HTMLVideoElement.prototype.requestVideoFrameCallback = () => 0;
  document.dispatchEvent(new Event('visibilitychange'));
  globalThis.actVisible = () => {
    delete document.visibilityState;
    globalThis.requestAnimationFrame = frame;
    HTMLVideoElement.prototype.requestVideoFrameCallback = callback;
    document.dispatchEvent(new Event('visibilitychange'));
  };
};
