// The people of a measurement, and what they have noticed.
import { until } from '../../e2e/support/visitor.mjs';
import { openRoom, system } from '../support/cluster-room.mjs';
import { get, kubectl } from '../support/kubectl.mjs';
import { LightPeople } from '../support/light-people.mjs';
import { withPreference } from './priority.mjs';

/**
 * Waits until everybody hears and sees the others for `steady` ms without a break; until then, former connections have ended too. Nobody is seen by somebody who was dropped.
 * Returns the states of the people, and `at`, the time in ms since which that is so.
 */
export async function settled(people, within = 60_000, steady = 3_000) {
  let states = [];
  let at = null;
  await until(async () => {
    states = await people.states();
    const alone = states.filter(state => state.dropped !== null).length;
    const perceives = ({ dropped: reason, others, unheard, unseen }) => reason !== null || (others.length === 0 ? alone > 0 : others.every(other => unheard[other] < 600 && unseen[other] < 600));
    at = states.every(perceives) ? at ?? Date.now() : null;
    return at !== null && Date.now() - at >= steady;
  }, 'everybody hears and sees the others', within).catch(error => { throw new Error(`${error.message}: ${JSON.stringify(states)}`); });
  const standstill = await people.longestStandstill();
  if (standstill > 0) console.error(`The page of these people stood still for ${standstill} ms, which is in no figure.`);
  return { states, at };
}

const sorted = pauses => pauses.sort((a, b) => a - b);
const perceiving = states => states.filter(state => state.dropped === null);

/** The longest pause in which each person did not hear each other one, in ms, sorted; with `isCounted`, only of those pairs of names. */
export const silences = (states, isCounted = () => true) => sorted(perceiving(states).flatMap(state => Object.entries(state.silences).filter(([other]) => isCounted(state.name, other)).map(([, pause]) => pause)));

/** The same for pictures, of which five come in a second. */
export const freezes = (states, isCounted = () => true) => sorted(perceiving(states).flatMap(state => Object.entries(state.freezes).filter(([other]) => isCounted(state.name, other)).map(([, pause]) => pause)));

export const dropped = states => states.filter(state => state.dropped !== null || state.phase !== 'connected' || state.others.length === 0).length;

/** The value that a share of the sorted samples does not exceed. */
export const share = (samples, part) => samples[Math.min(samples.length - 1, Math.ceil(samples.length * part) - 1)];

/** The media node that has the role Origin in each meeting, by the name of the meeting; undefined while it is lost and has no successor. */
export const origins = async room => new Map((await get('meetings', '-n', room.namespace)).map(({ metadata, status }) => [metadata.name, status.assignments.find(one => one.role === 'Origin' && one.state !== 'Lost')?.sfuNode]));

/** After a rolling update, all replicas may be on one cluster node, because the scheduler spreads them together with the former ones. The loss of that node would be the loss of all of them. */
export async function spreadReplicas() {
  for (const part of ['operator', 'signaling']) {
    const pods = async () => (await get('pods', '-n', system, '-l', `meetoperator.io/component=${part}`)).filter(pod => pod.metadata.deletionTimestamp === undefined);
    const [one, ...others] = await pods();
    if (others.some(other => other.spec.nodeName !== one.spec.nodeName)) continue;
    await kubectl('delete', 'pod', one.metadata.name, '-n', system);
    await kubectl('rollout', 'status', `deployment/meet-${part}`, '-n', system, '--timeout=120s');
    const machines = new Set((await pods()).map(pod => pod.spec.nodeName));
    if (machines.size < 2) throw new Error(`all replicas of ${part} are on ${[...machines]}`);
  }
}

export async function withRoom(options, run) {
  const room = await openRoom(options);
  try {
    await withPreference(() => run(room));
  } finally {
    await room.close();
  }
}

/**
 * Meetings of two people each, all on media nodes of one cluster node (the second one, because this machine reaches Services through the first). `run` gets that cluster node and its media
 * nodes too; `restore` undoes what `run` did to it. `loops`: of each media node. `empty`: so many meetings more, without people, whose IDs `run` gets as `others`. `spec`: of the
 * meetings with people.
 */
export async function withLightPeople(meetings, run, restore = () => {}, { loops = 1, empty = 0, spec = {} } = {}) {
  const machine = 'n2';
  // With ports for one media node, they start on two machines. Later ones need more.
  await withRoom({ browsers: 1, ports: { min: 43000, max: 42999 + loops }, exposure: { udpPorts: loops }, pool: { drain: { deadlineSeconds: 0 } } }, async room => {
    await kubectl('patch', 'sfupool', 'pool', '-n', room.namespace, '--type=merge', '-p', '{"spec":{"exposure":{"portRange":{"max":43015}}}}');
    const all = await get('sfunodes', '-n', room.namespace);
    const [nodes, elsewhere] = [true, false].map(isThere => all.filter(node => (node.status.nodeName === machine) === isThere));
    const schedulable = value => Promise.all(elsewhere.map(node => kubectl('patch', 'sfunode', node.metadata.name, '-n', room.namespace, '--type=merge', '-p', JSON.stringify({ spec: { unschedulable: value } }))));
    await schedulable(true);
    const people = await LightPeople.open(room.browsers[0], room.product.url);
    try {
      for (let number = 0; number < meetings; number++) {
        const { meetingId } = await room.meeting(spec);
        for (const name of ['a', 'b']) await people.join(meetingId, `${name}${number}`);
      }
      const others = [];
      for (let number = 0; number < empty; number++) others.push((await room.meeting()).meetingId);
      await schedulable(null);
      await people.meet(meetings * 2);
      await run({ room, people, machine, nodes, others });
    } finally {
      await restore(machine);
      await people.close();
    }
  });
}
