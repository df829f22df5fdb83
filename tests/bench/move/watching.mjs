// How long the picture of another person stands still in a page, by the times at which pictures were presented, so that a late callback does not count.

/** Runs in the page: from now on, finds the longest time, in ms, in which no new picture of another participant was presented. The page may change the video element, or what it plays. */
export const watchPicture = () => {
  globalThis.seen = { last: performance.now(), longest: 0 };
  const watched = new WeakSet();
  const watch = video => {
    const next = (_, { presentationTime }) => {
      if (presentationTime > globalThis.seen.last) {
        globalThis.seen.longest = Math.max(globalThis.seen.longest, presentationTime - globalThis.seen.last);
        globalThis.seen.last = presentationTime;
      }
      video.requestVideoFrameCallback(next);
    };
    video.requestVideoFrameCallback(next);
  };
  setInterval(() => {
    for (const video of document.querySelectorAll('[data-testid=tile][data-self=false][data-source=camera] video')) {
      if (watched.has(video)) continue;
      watched.add(video);
      watch(video);
    }
  }, 5);
};

/** Runs in the page: the longest such time since the last call, the present one included. */
export const takeFreeze = () => {
  const longest = Math.max(globalThis.seen.longest, performance.now() - globalThis.seen.last);
  globalThis.seen.longest = 0;
  return longest;
};
