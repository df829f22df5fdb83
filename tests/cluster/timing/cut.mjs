import { setTimeout as pause } from 'node:timers/promises';
import { system } from '../support/cluster-room.mjs';
import { get, until } from '../support/kubectl.mjs';
import { cut, fromOperators } from '../support/network.mjs';
import { dropped, origins, settled, share, silences, withLightPeople } from './people.mjs';

const cutMs = 20_000;

/** No replica of the operator reaches the media node of all meetings for 20 s. */
export async function measureCut({ figure, meetings }) {
  await withLightPeople(Math.ceil(meetings / 2), async ({ room, people, nodes: [{ metadata: { name } }] }) => {
    const pod = await get('pod', name, '-n', room.namespace);
    const operators = await get('pods', '-n', system, '-l', 'meetoperator.io/component=operator');
    const state = async () => (await get('sfunode', name, '-n', room.namespace)).status.state;
    const before = await origins(room);
    await people.restart();
    await cut(fromOperators(pod, operators), async () => {
      const began = Date.now();
      await until(async () => await state() === 'Unhealthy', 'the operator does not reach the media node', cutMs);
      await pause(Math.max(0, began + cutMs - Date.now()));
    });
    await until(async () => ['Ready', 'Allocated'].includes(await state()), 'the operator reaches the media node');
    const { states } = await settled(people, 60_000, 10_000); // What the operator decides after the cut counts too.
    const after = await origins(room);
    figure('operator.cut.pause', share(silences(states), 1), 'ms', 150);
    figure('operator.cut.dropped', dropped(states), 'people', 0);
    figure('operator.cut.moved', [...before].filter(([meeting, origin]) => after.get(meeting) !== origin).length, 'meetings', 0);
  });
}
