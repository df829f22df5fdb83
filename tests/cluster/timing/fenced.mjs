import { request } from 'node:https';
import { setTimeout as pause } from 'node:timers/promises';
import { system } from '../support/cluster-room.mjs';
import { cluster, get, kubectl, until } from '../support/kubectl.mjs';
import { dropped, origins, settled, share, silences, spreadReplicas, withLightPeople } from './people.mjs';

/** How long the media node may take to end its rooms after its return. */
const returnMs = 15_000;

/** The network of a cluster node fails until all its meetings are on other media nodes and everybody hears the other. Its media nodes continue meanwhile, and are back with their rooms afterwards. */
export async function measureFenced({ figure, meetings }) {
  await spreadReplicas();
  await withLightPeople(Math.ceil(meetings / 2), async ({ room, people, machine, nodes }) => {
    const lost = nodes.map(node => node.metadata.name);
    const readRooms = await roomReader(nodes, await get('pods', '-n', room.namespace));
    if (await readRooms() === 0) throw new Error('no media node of the cluster node has a room');
    const most = watchOrigins(room);
    await people.restart();
    await cluster('unplug', machine.slice(1));
    await until(async () => [...(await origins(room)).values()].every(origin => origin !== undefined && !lost.includes(origin)), 'all meetings are on other media nodes', 120_000);
    const gone = await settled(people, 120_000);
    figure('fenced.pause', share(silences(gone.states), 1) / 1000, 's', 10);

    await people.restart();
    await cluster('plug', machine.slice(1));
    await pause(returnMs);
    figure('fenced.rooms-left', await readRooms(), 'rooms', 0);
    const { states } = await settled(people);
    figure('fenced.return.pause', share(silences(states), 1), 'ms', 150);
    figure('fenced.dropped', dropped(states), 'people', 0);
    figure('fenced.origins', await most(), 'of a meeting', 1);
  }, plugged);
}

async function plugged(machine) {
  await cluster('plug', machine.slice(1));
  await kubectl('wait', '--for=condition=Ready', `node/${machine}`, '--timeout=120s');
  for (const part of ['operator', 'signaling']) await kubectl('rollout', 'status', `deployment/meet-${part}`, '-n', system, '--timeout=120s');
}

/** Reads the objects until the returned function is called, which returns the highest number of media nodes with the role Origin that a meeting has had at a time. */
function watchOrigins(room) {
  let [most, isOver] = [0, false];
  const watching = (async () => {
    while (!isOver) {
      for (const { status } of await get('meetings', '-n', room.namespace)) most = Math.max(most, status.assignments.filter(one => one.role === 'Origin' && one.state !== 'Lost').length);
      await pause(200);
    }
  })();
  watching.catch(() => {}); // It is reported below.
  return async () => {
    isOver = true;
    await watching;
    return most;
  };
}

/** Returns a function that reads from the media nodes themselves how many rooms they have together; none if their process has ended. */
async function roomReader(nodes, pods) {
  const { data } = await get('secret', 'meet-control-metrics', '-n', system);
  const [cert, key] = ['tls.crt', 'tls.key'].map(name => Buffer.from(data[name], 'base64'));
  const rooms = ({ metadata: { name }, spec: { controlPort } }) => new Promise((resolve, reject) => {
    const { podIP } = pods.find(pod => pod.metadata.name === name).status;
    const asked = request({ host: podIP, port: controlPort, path: '/metrics', cert, key, rejectUnauthorized: false, timeout: 5_000 }, async answer => {
      let page = '';
      for await (const part of answer.setEncoding('utf8')) page += part;
      const count = /^meet_node_rooms (\d+)$/m.exec(page)?.[1];
      if (count === undefined) reject(new Error(`${name} answered ${answer.statusCode} without its rooms`));
      else resolve(Number(count));
    });
    asked.on('timeout', () => asked.destroy(new Error(`${name} did not answer`)));
    asked.on('error', error => (['ECONNREFUSED', 'EHOSTUNREACH'].includes(error.code) ? resolve(0) : reject(error)));
    asked.end();
  });
  return async () => (await Promise.all(nodes.map(rooms))).reduce((sum, count) => sum + count, 0);
}
