// Measures what users experience on a real cluster: node timing.mjs [--rounds N] [--meetings N] [--only PART] [--json]. Prints one line per figure in the format of ./meet bench; the peer is the limit.
import { randomUUID } from 'node:crypto';
import { until } from '../e2e/support/visitor.mjs';
import { apply, cluster, get, kubectl, ready } from './support/kubectl.mjs';
import { LightPeople } from './support/light-people.mjs';
import { commandOptions } from './support/options.mjs';
import { meetInPackets } from './support/packet-people.mjs';
import { measureCut } from './timing/cut.mjs';
import { measureFenced } from './timing/fenced.mjs';
import { measureLink } from './timing/link.mjs';
import { measureLoop } from './timing/loop.mjs';
import { dropped, freezes, settled, share, silences, spreadReplicas, withLightPeople, withRoom } from './timing/people.mjs';
import { preferPeople } from './timing/priority.mjs';

const parts = { 'first-frame': measureFirstFrame, killed: measureKilled, drain: measureDrain, emptied: measureEmptied, lost: measureLost, 'critical-lost': measureCriticalLost, link: measureLink, cut: measureCut, loop: measureLoop, fenced: measureFenced };
const values = commandOptions({ rounds: { type: 'string', default: '20' }, meetings: { type: 'string', default: '10' }, only: { type: 'string' }, json: { type: 'boolean', default: false } },
  `timing.mjs [--rounds N] [--meetings N] [--only ${Object.keys(parts).join('|')}] [--json]`,
  given => Number(given.rounds) >= 1 && Number(given.meetings) >= 1 && (given.only === undefined || given.only in parts));
const [rounds, meetings] = [Number(values.rounds), Number(values.meetings)];
for (const [name, measure] of Object.entries(parts)) if (values.only === undefined || values.only === name) await measure({ figure, meetings });

async function measureFirstFrame() {
  await withRoom({}, async room => figure('apply.first-frame', share(await measure(() => applyToFirstFrame(room)), 0.5), 's', 3));
}

/** Of usual meetings, and of those with a standby in another zone. */
async function measureKilled() {
  for (const [name, limit, spec, min] of [['sfu.killed', 3, {}, 43000], ['critical.killed', 1, { placement: { availabilityClass: 'Critical' } }, 43100]]) {
    await withRoom({ replicas: 3, browsers: 1, ports: { min, max: min + 31 } }, async room => {
      const people = await LightPeople.open(room.browsers[0], room.product.url, { picturesPerSecond: 25 });
      const { name: meeting, meetingId } = await room.meeting(spec);
      for (const person of ['a', 'b']) await people.join(meetingId, person);
      const pauses = await measure(() => killedToMediaBack(room, people, meeting));
      figure(name, share(pauses, 0.99), 's', limit);
      figure(`${name}.p50`, share(pauses, 0.5), 's');
    });
  }
}

/** The time from `kubectl apply` of a Meeting to the first frame of another participant, in a browser that is already open. */
async function applyToFirstFrame(room) {
  const people = [await room.arrive('Ada', 0), await room.arrive('Bob', 1)];
  try {
    await Promise.all(people.map(person => person.page.goto(room.product.url)));
    const meeting = randomUUID();
    const since = Date.now();
    await apply({ apiVersion: 'meetoperator.io/v1alpha1', kind: 'Meeting', metadata: { name: meeting, namespace: room.namespace }, spec: { tenantRef: { name: room.name } } });
    await Promise.all(people.map(person => person.enter(meeting)));
    let at;
    await until(async () => (at = await people[1].page.evaluate(() => globalThis.marks.frame && performance.timeOrigin + globalThis.marks.frame)) !== undefined, 'the first frame');
    return (at - since) / 1000;
  } finally {
    await Promise.all(people.map(person => person.close()));
  }
}

/** The longest pause of sound or pictures after the forced deletion of the Pod of the media node. */
async function killedToMediaBack(room, people, meeting) {
  await ready('sfupool', 'pool', room.namespace);
  const places = async () => (await get('meeting', meeting, '-n', room.namespace)).status?.assignments ?? [];
  const { spec } = await get('meeting', meeting, '-n', room.namespace);
  if (spec.placement.availabilityClass === 'Critical') await until(async () => (await places()).some(one => one.role === 'Standby' && one.state === 'Ready'), 'the meeting has a standby');
  await people.meet(2);
  const { sfuNode } = (await places()).find(one => one.role === 'Origin');
  await kubectl('delete', 'pod', sfuNode, '-n', room.namespace, '--grace-period=0', '--force', '--wait=false');
  await until(async () => (await places()).some(one => one.role === 'Origin' && one.sfuNode !== sfuNode), 'the meeting is on another media node', 60_000);
  const { states } = await settled(people);
  const [sound, pictures] = [silences(states), freezes(states)].map(pauses => pauses.at(-1) / 1000);
  console.error(`${meeting}: ${sound} s of sound, ${pictures} s of pictures`);
  return Math.max(sound, pictures);
}

/**
 * `kubectl drain` of a cluster node with ten meetings of two people on its media nodes, a replica of the operator and one of signaling. Two of the meetings are in a page, which shows what
 * people hear. The people of the others are simulated by the bench program, because twenty people in a page would take the processor time that starting Pods need. `packet-gap` is the
 * longest time in which one of these received no new sound; browsers conceal short gaps.
 */
function measureDrain() {
  return drain('drain');
}

/** The same of its media nodes only. */
function measureEmptied() {
  return drain('emptied', '--pod-selector=meetoperator.io/component=media-node');
}

async function drain(name, ...selected) {
  await spreadReplicas();
  const inBrowsers = Math.min(2, meetings);
  await withLightPeople(inBrowsers, async ({ room, people, machine, others }) => {
    const packets = others.length === 0 ? null : await meetInPackets(room.product.address, others);
    try {
      await preferPeople();
      await people.restart();
      const began = Date.now();
      await kubectl('drain', machine, '--force', '--ignore-daemonsets', '--delete-emptydir-data', '--timeout=300s', ...selected);
      figure(`${name}.seconds`, (Date.now() - began) / 1000, 's', 60);
      const { states } = await settled(people);
      const noticed = await packets?.end() ?? { dropped: 0, silence: 0 };
      figure(`${name}.dropped`, dropped(states) + noticed.dropped, 'people', 0);
      figure(`${name}.audio-gap`, share(silences(states), 1), 'ms', 150);
      figure(`${name}.packet-gap`, noticed.silence, 'ms');
    } finally {
      packets?.close();
    }
  }, machine => kubectl('uncordon', machine), { empty: meetings - inBrowsers });
}

/** The power of a cluster node fails: until everybody in its meetings (half as many) hears the other again, and until the pool has all media nodes on the other one. */
function measureLost() {
  return lose('node.lost', {});
}

/** The same of meetings with a standby, which is on the other cluster node. */
function measureCriticalLost() {
  return lose('critical.lost', { placement: { availabilityClass: 'Critical' } });
}

async function lose(name, spec) {
  await spreadReplicas();
  await withLightPeople(Math.ceil(meetings / 2), async ({ room, people, machine }) => {
    if (spec.placement !== undefined) {
      const hasStandby = ({ status }) => status.assignments.some(one => one.role === 'Standby' && one.state === 'Ready');
      await until(async () => (await get('meetings', '-n', room.namespace)).every(hasStandby), 'all meetings have a standby', 60_000);
      await people.meet(Math.ceil(meetings / 2) * 2);
    }
    const lost = (await get('sfunodes', '-n', room.namespace)).filter(node => node.status.nodeName === machine).map(node => node.metadata.name);
    const began = Date.now();
    await cluster('lose', machine.slice(1));
    const whole = until(async () => {
      const pods = await get('pods', '-n', room.namespace, '-l', 'meetoperator.io/component=media-node');
      return pods.filter(pod => pod.spec.nodeName !== machine && isReady(pod)).length >= 2;
    }, 'the pool is whole again', 300_000).then(() => (Date.now() - began) / 1000);
    whole.catch(() => {}); // It is reported below.
    await until(async () => (await get('meetings', '-n', room.namespace)).every(({ status }) => status.assignments.some(one => one.role === 'Origin' && !lost.includes(one.sfuNode))), 'all meetings are on other media nodes', 300_000);
    const moved = (Date.now() - began) / 1000;
    const { states } = await settled(people, 120_000);
    console.error(`All meetings are on other media nodes after ${moved} s; silences of ${silences(states).map(pause => pause / 1000).join(', ')} s.`);
    figure(name, share(silences(states), 1) / 1000, 's', 10);
    figure(`${name}.dropped`, dropped(states), 'people', 0);
    figure(`${name}.capacity`, await whole, 's', 60);
  }, machine => cluster('return', machine.slice(1)), { spec });
}

function isReady(pod) {
  return pod.metadata.deletionTimestamp === undefined && pod.status.conditions?.some(one => one.type === 'Ready' && one.status === 'True');
}

async function measure(once) {
  const samples = [];
  for (let round = 0; round < rounds; round++) samples.push(await once());
  return samples.sort((a, b) => a - b);
}

function figure(name, value, unit, limit) {
  const rounded = Number(value.toFixed(2));
  if (!values.json) console.log(`${name.padEnd(20)} ${rounded} ${unit}${limit === undefined ? '' : ` (limit ${limit})`}`);
  else console.log(JSON.stringify({ name, value: rounded, unit, ...(limit === undefined ? {} : { peer: limit, ratio: limit === 0 ? null : Number((value / limit).toFixed(3)) }) }));
}
