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

/** Stages run one after another, the lanes of a stage side by side, the suites of a lane one after another. With `callsAlone`, nothing runs beside a suite with calls. */
export function stages(suites, callsAlone = false) {
  const selected = wanted => suites.filter(wanted);
  // No more lanes than suites: one suite that is in both lanes needs one.
  const stage = (lanes, wanted) => lanes.map(lane => lane.filter(suite => wanted.includes(suite))).filter(lane => lane.length > 0).slice(0, wanted.length);
  const all = callsAlone
    ? [stage(LANES, selected(suite => !CALLS.includes(suite))), stage([CALLS], selected(suite => CALLS.includes(suite)))]
    : [stage(LANES, suites)];
  return all.filter(lanes => lanes.length > 0);
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  for (const lanes of stages(process.argv.slice(2), process.env.MEET_CALLS_ALONE === '1')) console.log(lanes.map(lane => lane.join(' ')).join('\t'));
}
