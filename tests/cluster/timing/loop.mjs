import { get, until } from '../support/kubectl.mjs';
import { suspendThread } from '../support/threads.mjs';
import { dropped, settled, share, silences, withLightPeople } from './people.mjs';

/** One of the two loops of the media node of all meetings stands still for good. */
export async function measureLoop({ figure, meetings }) {
  const count = Math.ceil(meetings / 2);
  await withLightPeople(count, async ({ room, people, nodes: [{ metadata: { name }, spec }] }) => {
    await people.restart();
    const resume = await suspendThread(await get('pod', name, '-n', room.namespace), `media-${spec.udpPorts[0]}`);
    try {
      // Long before the operator knows it, the people of that loop do not hear each other.
      let concerned = [];
      await until(async () => {
        const before = concerned.length;
        concerned = (await people.states()).filter(({ unheard }) => Object.values(unheard).some(ms => ms > 700)).map(one => one.name);
        return concerned.length > 0 && concerned.length === before && concerned.length % 2 === 0;
      }, 'nobody is heard through the loop', 3_000);
      if (concerned.length % 2 > 0 || concerned.length >= count * 2) throw new Error(`the loop carries ${concerned}, of ${count * 2} people`);
      const isConcerned = person => concerned.includes(person);
      const { states } = await settled(people);
      figure('loop.died', share(silences(states, isConcerned), 1) / 1000, 's');
      figure('loop.died.others', share(silences(states, person => !isConcerned(person)), 1), 'ms', 150);
      figure('loop.died.dropped', dropped(states), 'people', 0);
    } finally {
      resume();
    }
  }, undefined, { loops: 2 });
}
