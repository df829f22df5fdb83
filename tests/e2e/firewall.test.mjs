// A person whose network lets no UDP through: they join, are seen and are heard over TCP.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { launch } from './support/browser.mjs';
import { canCreateNetworks, PrivateNetwork } from './support/private-network.mjs';
import { createMeeting, startProduct } from './support/product.mjs';
import { until } from './support/until.mjs';
import { describeOnFailure, Visitor } from './support/visitor.mjs';

/** Seconds until media flows over TCP after UDP was blocked in a call. */
const fallbackSeconds = 20;
const network = new PrivateNetwork();
let product;
let outside;
let inside;

/** The protocols of the candidate pairs that the page's connections use. */
const protocols = visitor => visitor.page.evaluate(async () => {
  const used = [];
  for (const connection of globalThis.connections.filter(one => one.connectionState === 'connected')) {
    const stats = [...(await connection.getStats()).values()];
    const pair = stats.find(one => one.id === stats.find(({ type }) => type === 'transport')?.selectedCandidatePairId);
    used.push(stats.find(one => one.id === pair?.localCandidateId)?.protocol);
  }
  return used;
});

const isOver = (visitor, protocol) => async () => {
  const used = await protocols(visitor);
  return used.length > 0 && used.every(one => one === protocol);
};

describe('a network without UDP', { skip: canCreateNetworks ? false : 'creating network namespaces takes root' }, () => {
  before(async () => {
    await network.open();
    product = await startProduct({ MEET_LISTEN: '0.0.0.0', MEET_ADVERTISE: network.gateway });
    await network.forwardLocalhost(new URL(product.url).port);
    [outside, inside] = await Promise.all([launch(), launch([], await network.browser())]);
  }, { timeout: 900_000 });

  after(async () => {
    await outside?.close();
    await inside?.close();
    await product?.close();
    await network.close();
  }, { timeout: 60_000 });

  const call = async run => {
    const meeting = await createMeeting(product);
    const people = [];
    try {
      await describeOnFailure(people, async () => {
        people.push(await Visitor.arrive(outside, product, 'Ada'), await Visitor.arrive(inside, product, 'Bob'));
        for (const person of people) await person.enter(meeting.meetingId);
        await run(...people);
      });
    } finally {
      await Promise.all(people.map(person => person.close()));
    }
  };

  const seeAndHear = async (one, other) => {
    for (const [seer, seen] of [[one, other], [other, one]]) {
      await seer.waitForVideo(seen.name);
      const energy = await seer.soundEnergy();
      await until(async () => await seer.soundEnergy() > energy, `${seer.name} hears ${seen.name}`);
    }
  };

  it('lets people join, see and hear each other over TCP', { timeout: 180_000 }, async () => {
    await network.blockUdp();
    try {
      await call(async (ada, bob) => {
        await seeAndHear(ada, bob);
        assert.deepEqual([...new Set(await protocols(bob))], ['tcp']);
        assert.deepEqual([...new Set(await protocols(ada))], ['udp']);
      });
    } finally {
      await network.allowUdp();
    }
  });

  it('that begins in a call moves media to TCP', { timeout: 240_000 }, async () => {
    try {
      await call(async (ada, bob) => {
        await seeAndHear(ada, bob);
        assert.deepEqual([...new Set(await protocols(bob))], ['udp']);

        await network.blockUdp();
        const since = performance.now();
        await until(isOver(bob, 'tcp'), 'Bob is connected over TCP');
        await seeAndHear(ada, bob);
        const seconds = (performance.now() - since) / 1_000;
        console.log(`media over TCP ${seconds.toFixed(1)} s after UDP was blocked`);
        assert.ok(seconds < fallbackSeconds, `${seconds} s`);
      });
    } finally {
      await network.allowUdp();
    }
  });
});
