// lanes.mjs SUITE…: prints how `./meet test` runs these suites: a line for each stage, with its lanes separated by tabs and the suites of a lane by spaces.
import { pathToFileURL } from 'node:url';

// A suite in both lanes runs in the one that reaches it first, so that both end at about the same time; short suites come last. A third lane gained nothing on two
// processors, also with light suites only.
export const LANES = [
  ['cluster', 'page', 'conformance', 'quickstart', 'web', 'chart', 'architecture', 'verify'],
  ['unit', 'browser', 'architecture', 'conformance', 'quickstart', 'chart', 'web', 'verify', 'page'],
];

/** The suites in which browsers call each other through a running product. */
export const CALLS = ['cluster', 'browser'];

/** What starts no servers and no product of its own: it can wait for the time that `browser` leaves, about a third of two processors. `cluster` leaves less. */
const BESIDE_BROWSER = ['web', 'chart', 'architecture', 'verify'];

/** The name that begins a lane whose suites get a small part of the processors. */
export const LIGHT = 'light';

/**
 * Stages run one after another, the lanes of a stage side by side, the suites of a lane one after another. With `callsAlone`, suites with calls run after the others, `cluster` alone, and beside `browser` only what is light.
 */
export function stages(suites, callsAlone = false) {
  // No more lanes than suites: one suite that is in both lanes needs one.
  const stage = (lanes, wanted) => lanes.map(lane => lane.filter(suite => wanted.includes(suite))).filter(lane => lane.length > 0).slice(0, wanted.length);
  const calls = callsAlone ? CALLS.filter(suite => suites.includes(suite)) : [];
  const light = calls.includes('browser') ? BESIDE_BROWSER.filter(suite => suites.includes(suite)) : [];
  const before = stage(LANES, suites.filter(suite => !calls.includes(suite) && !light.includes(suite)));
  const after = calls.map(suite => (suite === 'browser' && light.length > 0 ? [[suite], [LIGHT, ...light]] : [[suite]]));
  return [before, ...after].filter(lanes => lanes.length > 0);
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  for (const lanes of stages(process.argv.slice(2), process.env.MEET_CALLS_ALONE === '1')) console.log(lanes.map(lane => lane.join(' ')).join('\t'));
}
