import { setTimeout as pause } from 'node:timers/promises';
import { apply, get, ready, until } from '../support/kubectl.mjs';
import { LightPeople } from '../support/light-people.mjs';
import { betweenMachines, cut } from '../support/network.mjs';
import { dropped, freezes, settled, share, silences, withRoom } from './people.mjs';

const cutMs = 10_000;
const sideOf = name => name[0];
const isSameSide = (name, other) => sideOf(name) === sideOf(other);

/** A meeting on media nodes of two cluster nodes, with two people on each. Packets between the two media nodes are dropped for 10 s. */
export async function measureLink({ figure }) {
  await withSpanningMeeting(async ({ room, people, meeting }) => {
    const cascade = async () => (await get('meeting', meeting.name, '-n', room.namespace)).status.cascade ?? [];
    const isCascade = async state => { const links = await cascade(); return links.length === 2 && links.every(link => link.state === state); };
    const isReported = ({ name, others, unreachable }) => others.every(other => unreachable.includes(other) !== isSameSide(name, other));
    await until(() => isCascade('Up'), 'the status says that both directions of the link work');
    const pods = await get('pods', '-n', room.namespace, '-l', 'meetoperator.io/component=media-node');
    await people.restart();
    await cut(betweenMachines(pods), async () => {
      const began = Date.now();
      const after = (condition, what) => until(condition, what, cutMs).then(() => (Date.now() - began) / 1000);
      const [told, reported] = await Promise.all([
        after(async () => (await people.states()).every(isReported), 'the SDK names those on the other side as unreachable'),
        after(() => isCascade('Broken'), 'the status says that the link is broken'),
      ]);
      figure('link.cut.told', told, 's');
      figure('link.cut.status', reported, 's');
      await pause(Math.max(0, began + cutMs - Date.now()));
    });
    const restored = Date.now();
    const { states, at } = await settled(people);
    figure('link.cut.same-side', share(silences(states, isSameSide), 1), 'ms', 150);
    figure('link.cut.same-side.pictures', share(freezes(states, isSameSide), 1), 'ms');
    figure('link.cut.back', Math.max(0, at - restored) / 1000, 's');
    figure('link.cut.dropped', dropped(states), 'people', 0);
    await until(async () => (await people.states()).every(({ unreachable }) => unreachable.length === 0), 'nobody is unreachable');
    await until(() => isCascade('Up'), 'the status says that the link works');
  });
}

/** A media node of the region `west` on one cluster node and one of `east` on the other, in a pool each, and a meeting on both with the people w0, w1, e0 and e1. */
async function withSpanningMeeting(run) {
  const on = machine => ({ nodeSelector: { 'kubernetes.io/hostname': machine } });
  await withRoom({ replicas: 1, browsers: 1, template: on('n1'), pool: { region: 'west' } }, async room => {
    const { spec: { template, exposure } } = await get('sfupool', 'pool', '-n', room.namespace);
    await apply({
      apiVersion: 'meetoperator.io/v1alpha1', kind: 'SfuPool', metadata: { name: 'east', namespace: room.namespace },
      spec: { replicas: 1, region: 'east', template: { ...template, ...on('n2') }, exposure: { ...exposure, portRange: { min: 43016, max: 43031 } } },
    });
    await ready('sfupool', 'east', room.namespace);
    const meeting = await room.meeting({ regions: { preferred: ['east'] }, scale: { spread: 'Regions' } });
    const people = await LightPeople.open(room.browsers[0], room.product.url);
    const join = name => people.join(meeting.meetingId, name, sideOf(name) === 'w' ? 'west' : 'east');
    const areOn = async (west, east) => {
      const { assignments } = (await get('meeting', meeting.name, '-n', room.namespace)).status;
      return assignments.length === 2 && assignments.every(({ region, state, participants }) => state === 'Ready' && participants === (region === 'west' ? west : east));
    };
    try {
      // Three people of a region get a media node there, and two of them keep it. Of more than three others, not all are heard.
      for (const name of ['e0', 'w0', 'w1', 'w2']) await join(name);
      await until(() => areOn(3, 1), 'three people are on the media node in the west', 120_000);
      await people.leave('w2');
      await join('e1');
      await until(() => areOn(2, 2), 'two people are on each media node', 60_000);
      await people.meet(4);
      await run({ room, people, meeting });
    } finally {
      await people.close();
    }
  });
}
