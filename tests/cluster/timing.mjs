// Measures what users experience on a real cluster: node timing.mjs [--rounds N] [--json]. Prints one line per figure in the format of ./meet bench; the peer is the limit.
import { randomUUID } from 'node:crypto';
import { parseArgs } from 'node:util';
import { until } from '../e2e/support/visitor.mjs';
import { openRoom } from './support/cluster-room.mjs';
import { keepConnections, sameConnections } from './support/gaps.mjs';
import { apply, kubectl, ready } from './support/kubectl.mjs';

const { values } = parseArgs({ options: { rounds: { type: 'string', default: '20' }, json: { type: 'boolean', default: false } } });
const rounds = Number(values.rounds);
if (!Number.isInteger(rounds) || rounds < 1) throw new Error('--rounds must be an integer of at least 1');

const room = await openRoom();
try {
  figure('apply.first-frame', await measure(applyToFirstFrame), 0.5, 3);
  figure('sfu.killed', await measure(killedToMediaBack), 0.99, 5);
} finally {
  await room.close();
}

/** The time from `kubectl apply` of a Meeting to the first frame of another participant, in a browser that is already open. */
async function applyToFirstFrame() {
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

/** The time from the forced deletion of the Pod of the media node until both participants receive video over new connections. */
async function killedToMediaBack() {
  await ready('sfupool', 'pool', room.namespace);
  return room.withPair(async (ada, bob, meeting) => {
    const people = [ada, bob];
    await Promise.all(people.map(keepConnections));
    for (const person of people) await person.page.evaluate(() => { globalThis.connections.length = 0; });
    const node = await room.nodeOf(meeting);
    const since = Date.now();
    await kubectl('delete', 'pod', node, '-n', room.namespace, '--grace-period=0', '--force', '--wait=false');
    const receives = person => person.page.evaluate(async () => {
      for (const connection of globalThis.connections) {
        for (const [, record] of await connection.getStats()) if (record.type === 'inbound-rtp' && record.kind === 'video' && record.framesDecoded > 0) return true;
      }
      return false;
    });
    await Promise.all(people.map(person => until(() => receives(person), 'video arrives over new connections', 60_000)));
    const took = (Date.now() - since) / 1000;
    for (const person of people) if (await sameConnections(person)) throw new Error(`${person.name} still has the old connections`);
    return took;
  });
}

async function measure(once) {
  const samples = [];
  for (let round = 0; round < rounds; round++) samples.push(await once());
  return samples.sort((a, b) => a - b);
}

function figure(name, samples, share, limit) {
  const value = samples[Math.min(samples.length - 1, Math.ceil(samples.length * share) - 1)];
  console.log(!values.json ? `${name.padEnd(20)} ${value.toFixed(2)} s (limit ${limit})` : JSON.stringify({ name, value: Number(value.toFixed(2)), unit: 's', peer: limit, ratio: Number((value / limit).toFixed(3)) }));
}
