// People whose networks let only one kind of traffic out, each in a network namespace with a firewall of its own.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { launch } from './support/browser.mjs';
import { PersonNetwork, rungs } from './support/person-network.mjs';
import { createMeeting, startProduct } from './support/product.mjs';
import { describeOnFailure, until, Visitor } from './support/visitor.mjs';

const options = { timeout: 180_000 };

describe('a network that lets only one kind of traffic out', { concurrency: false }, () => {
  let network;
  let product;
  let page;
  let outside;

  before(async () => {
    network = await PersonNetwork.open();
    product = await startProduct({ MEET_LISTEN: '0.0.0.0', MEET_ADVERTISE: [network.host.ipv4, network.host.ipv6].join() });
    page = { family: 4, protocol: 'tcp', ports: new URL(product.url).port };
    outside = await launch();
  }, { timeout: 180_000 });

  after(async () => {
    await outside?.close();
    await product?.close();
    await network?.close();
  });

  for (const rung of rungs) {
    const { name, family, protocol } = rung;
    it(`people see and hear each other over ${name}`, options, async () => {
      network.allow([page, rung]);
      const inside = await network.launch(page.ports);
      const meeting = await createMeeting(product);
      const ada = await Visitor.arrive(inside, product, 'Ada');
      const bob = await Visitor.arrive(outside, product, 'Bob');
      try {
        await describeOnFailure([ada, bob], async () => {
          await bob.enter(meeting.meetingId);
          await ada.enter(meeting.meetingId);
          await Promise.all([ada.waitForVideo('Bob'), bob.waitForVideo('Ada')]);
          await Promise.all([ada, bob].map(async one => {
            const energy = await one.soundEnergy();
            await until(async () => await one.soundEnergy() > energy, `${one.name} hears the other`);
          }));
          assert.deepEqual(await paths(ada), [`${protocol} ipv${family}`]);
        });
      } finally {
        await Promise.all([ada.close(), bob.close()]);
        await inside.close();
      }
    });
  }
});

/** The kinds of paths that the connections of a page use. */
function paths(visitor) {
  return visitor.page.evaluate(async () => {
    const kinds = new Set();
    for (const connection of globalThis.connections.filter(one => one.connectionState === 'connected')) {
      const records = [...(await connection.getStats()).values()];
      const pair = records.find(one => one.type === 'candidate-pair' && one.nominated && one.state === 'succeeded');
      const local = records.find(one => one.id === pair?.localCandidateId);
      const remote = records.find(one => one.id === pair?.remoteCandidateId);
      kinds.add(`${local?.relayProtocol ?? local?.protocol} ${remote?.address?.includes(':') ? 'ipv6' : 'ipv4'}`);
    }
    return [...kinds];
  });
}
