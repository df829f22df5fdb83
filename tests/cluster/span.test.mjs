// A meeting on two media nodes: a cut between them, and the loss of the cluster node of one of them.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { clusterRoom, system } from './support/cluster-room.mjs';
import { apply, cluster, get, ready, until } from './support/kubectl.mjs';
import { LightPeople } from './support/light-people.mjs';
import { betweenMachines, cut } from './support/network.mjs';

const options = { timeout: 420_000 };
/** A pool in one region, whose media nodes run on one cluster node. */
const inRegion = (region, machine) => ({ region, template: { nodeSelector: { 'kubernetes.io/hostname': machine } } });
const room = clusterRoom({ replicas: 1, browsers: 1, pool: inRegion('west', 'n1') });
let people;
let meeting;

const object = () => get('meeting', meeting.name, '-n', room.namespace);
const places = async () => Object.fromEntries(((await object()).status?.assignments ?? []).map(one => [one.sfuNode.split('-')[0], one]));
const assertNobodyDropped = async () => {
  for (const { name, dropped, others } of await people.states()) assert.deepEqual([name, dropped, others.length], [name, null, 4]);
};
/** Ann, Ben and Cid joined before the meeting had a media node in the east. */
const west = ['Ann', 'Ben', 'Cid'];
const sameSide = (one, other) => west.includes(one) === west.includes(other);

describe('a meeting on two media nodes', () => {
  before(async () => {
    await apply({
      apiVersion: 'meetoperator.io/v1alpha1', kind: 'SfuPool', metadata: { name: 'east', namespace: room.namespace },
      spec: { replicas: 1, exposure: { portRange: { min: 43100, max: 43107 }, addressSource: 'NodeInternalIP' }, ...inRegion('east', 'n2') },
    });
    await ready('sfupool', 'east', room.namespace);
    people = await LightPeople.open(room.browsers[0], room.product.url);
    meeting = await room.meeting();
    await until(async () => Object.keys(await places()).length === 1, 'the meeting has a place');
    const [first] = Object.keys(await places());
    const [near, far] = first === 'pool' ? ['west', 'east'] : ['east', 'west'];
    for (const name of west) await people.join(meeting.meetingId, name, far); // Three in a region without a media node of the meeting get one.
    await until(async () => Object.values(await places()).filter(one => one.state === 'Ready').length === 2, `the meeting has a media node in ${far} besides ${near}`, 90_000);
    for (const name of ['Dee', 'Eli']) await people.join(meeting.meetingId, name, far);
    await people.meet(5);
  }, { timeout: 300_000 });
  after(() => people?.close());

  it('while they are cut off from each other, goes on in both, says who cannot be reached, and then is whole again', options, async t => {
    const pods = await get('pods', '-n', room.namespace, '-l', 'meetoperator.io/component=media-node');
    await cut(betweenMachines(pods), async () => {
      await until(async () => (await people.states()).every(({ name, unreachable }) => ['Ann', 'Ben', 'Cid', 'Dee', 'Eli'].every(other => other === name || unreachable.includes(other) !== sameSide(name, other))),
        'the SDK says who cannot be reached');
      await people.meet(5, sameSide);
      const apart = (await people.states()).flatMap(({ name, unheard }) => Object.entries(unheard).filter(([other]) => !sameSide(name, other)).map(([, quiet]) => quiet));
      assert.ok(apart.length > 0 && apart.every(quiet => quiet > 1_000), 'the others are not heard');
    });
    const since = Date.now();
    await people.meet(5);
    t.diagnostic(`everybody hears everybody ${((Date.now() - since) / 1000).toFixed(1)} s after the end of the cut`);
    await until(async () => (await people.states()).every(({ unreachable }) => unreachable.length === 0), 'nobody is called unreachable');
    await assertNobodyDropped();
  });

  it('whose media node in one region is lost with its cluster node, goes on in the other one for everybody', options, async t => {
    const since = Date.now();
    try {
      await cluster('lose', '2');
      await until(async () => {
        const { pool, east } = await places();
        return pool?.role === 'Origin' && pool.state === 'Ready' && (east === undefined || east.state === 'Lost');
      }, 'the meeting is on the other media node only', 120_000);
      await people.meet(5, undefined, 120_000);
      t.diagnostic(`everybody hears everybody ${((Date.now() - since) / 1000).toFixed(1)} s after the loss`);
      await assertNobodyDropped();
    } finally {
      await cluster('return', '2');
      // What the API server says about the containers there may be from before the loss.
      await until(async () => (await get('pods', '-n', system)).filter(pod => pod.spec.nodeName === 'n2').every(({ metadata, status }) =>
        metadata.deletionTimestamp === undefined && status.containerStatuses?.every(({ ready, state }) => ready && Date.parse(state.running?.startedAt) > since)), 'everything of the release runs again', 180_000);
    }
  });
});
