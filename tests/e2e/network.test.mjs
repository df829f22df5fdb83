// People whose networks let only one kind of traffic out, each in a network namespace with a firewall of its own.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { launch } from './support/browser.mjs';
import { playedLevel } from './support/heard.mjs';
import { startProxy } from './support/http-proxy.mjs';
import { phrase, waitForMark } from './support/marks.mjs';
import { tilePause, watchTile } from './support/noticed.mjs';
import { readsPath } from './support/path-words.mjs';
import { canMakeNetworks, pathsInUse, PersonNetwork, rungNames, rungs, setTunnels, startProductFor } from './support/person-network.mjs';
import { createMeeting } from './support/product.mjs';
import { recordFrames, search } from './support/recorded-frames.mjs';
import { describeOnFailure, until, Visitor } from './support/visitor.mjs';

const options = { timeout: 240_000 };

/** Seconds from the join to the first picture on a tunnel, on a machine that runs both browsers and the product. Other paths are tried for 1.2 s. */
const tunnelLimitSeconds = 6;

/** Seconds for which a picture may stand still when the path in use is blocked in a call, until media flows on the next one. */
const fallbackSeconds = 8;
/** Seconds for which a picture may stand still while media moves from a path that works to a better one. */
const noticeableSeconds = 1;
/** Seconds from a sign of another network until media flows on a better path: 4 until it is looked for, and 8 until it counts as found. */
const soonSeconds = 20;

describe('a network that lets only one kind of traffic out', { skip: canMakeNetworks ? false : 'network namespaces take root' }, () => {
  let network;
  let product;
  let inside;
  let outside;

  before(async () => {
    network = await PersonNetwork.open();
    product = await startProductFor(network);
    [outside, inside] = await Promise.all([launch(), network.launch(product.page.ports)]);
  }, { timeout: 900_000 });

  after(async () => {
    await Promise.all([outside?.close(), inside?.close()]);
    await product?.close();
    await network?.close();
  }, { timeout: 60_000 });

  const rung = name => rungs(product).find(one => one.name === name);

  /** Ada in the network that lets this out beside the page, and Bob in one without a firewall. */
  const call = async (traffic, run) => {
    network.allow([product.page, ...traffic]);
    const meeting = await createMeeting(product);
    const people = [];
    try {
      await describeOnFailure(people, async () => {
        people.push(await Visitor.arrive(inside, product, 'Ada'), await Visitor.arrive(outside, product, 'Bob'));
        for (const person of people) await person.enter(meeting.meetingId);
        await seeAndHearEachOther(...people);
        await run(...people);
      });
    } finally {
      await Promise.all(people.map(person => person.close()));
    }
  };

  const uses = async (person, path, timeout = 20_000) => {
    let paths;
    await until(async () => (paths = await person.page.evaluate(pathsInUse)).length === 1 && paths[0] === path, `${person.name} uses ${path}`, timeout)
      .catch(error => { throw new Error(`${error.message}, not ${paths.join(', ')}`); });
  };

  for (const name of rungNames) {
    it(`people see and hear each other over ${name}`, options, async () => {
      await call([rung(name)], async ada => {
        await uses(ada, rung(name).path);
        await readsPath(ada, rung(name).path);
      });
    });
  }

  it('a person whose network lets only the page out reads what is blocked', options, async () => {
    network.allow([product.page]);
    const meeting = await createMeeting(product);
    const people = [];
    try {
      await describeOnFailure(people, async () => {
        people.push(await Visitor.arrive(inside, product, 'Ada'), await Visitor.arrive(outside, product, 'Bob'));
        for (const person of people) await person.enter(meeting.meetingId);
        await readsPath(people[0], null);
      });
    } finally {
      await Promise.all(people.map(person => person.close()));
    }
  });

  const callOnTunnel = async (t, browser, traffic, more = async () => {}, { request = {}, prepare = () => {} } = {}) => {
    setTunnels(product, 'LastResort');
    network.allow(traffic);
    const meeting = await createMeeting(product, request);
    const people = [];
    try {
      await describeOnFailure(people, async () => {
        people.push(await Visitor.arrive(outside, product, 'Bob'), await Visitor.arrive(browser, product, 'Ada'));
        prepare(...people);
        for (const person of people) await person.enter(meeting.meetingId);
        const [bob, ada] = people;
        await ada.waitForVideo('Bob');
        const { join, frame } = await ada.page.evaluate(() => globalThis.marks);
        t.diagnostic(`seconds from the join to the first picture: ${((frame - join) / 1_000).toFixed(1)}`);
        await bob.waitForVideo('Ada');
        const energy = await bob.soundEnergy();
        await until(async () => await bob.soundEnergy() > energy, 'Bob hears Ada');
        await until(async () => await ada.page.evaluate(playedLevel) > 0.01, 'Ada hears Bob');
        await readsPath(ada, 'tunnel');
        await ada.page.locator('[data-testid=tunnel-banner][data-state=on]').waitFor();
        assert.ok(frame - join < tunnelLimitSeconds * 1_000, `${frame - join} ms`);
        await more(ada, bob);
      });
    } finally {
      await Promise.all(people.map(person => person.close()));
    }
  };

  it('people see and hear each other on a tunnel where only the page gets out', options, t => callOnTunnel(t, inside, [product.page]));

  it('people in an encrypted meeting see and hear each other on a tunnel, on which no frame is in clear', options, async t => {
    const recordings = [];
    const passed = { framesent: [], framereceived: [] };
    const prepare = (bob, ada) => {
      recordings.push(recordFrames(ada), recordFrames(bob));
      ada.page.on('websocket', socket => {
        if (!socket.url().includes('/tunnel?')) return;
        for (const [direction, messages] of Object.entries(passed)) socket.on(direction, ({ payload }) => { if (typeof payload !== 'string') messages.push(payload); });
      });
    };
    await callOnTunnel(t, inside, [product.page], async (ada, bob) => {
      await Promise.all([ada, bob].map(visitor => waitForMark(visitor, 'tile-encrypted', 2)));
      assert.equal(await phrase(ada), await phrase(bob));
      for (const [index, messages] of [passed.framesent, passed.framereceived].entries()) {
        const found = search(messages, await (await recordings[index]).read());
        t.diagnostic(`${index === 0 ? 'from' : 'to'} Ada: ${JSON.stringify({ messages: messages.length, ...found })}`);
        assert.ok(found.sealed >= 50, `${found.sealed} encrypted frames passed the tunnel`);
        assert.equal(found.clear, 0);
      }
      await bob.control('leave').click();
      const eve = await Visitor.arrive(outside, product, 'Eve');
      try {
        await eve.enter(new URL(ada.page.url()).pathname.split('/').at(-1));
        await Promise.all([ada.waitForVideo('Eve'), eve.waitForVideo('Ada')]); // with the keys that replaced those which Bob has
      } finally {
        await eve.close();
      }
    }, { request: { settings: { e2ee: 'Required' } }, prepare });
  });

  it('tunnels end when the tenant denies them in a call, and begin when it allows them', options, t => callOnTunnel(t, inside, [product.page], async (ada, bob) => {
    setTunnels(product, 'Denied');
    await ada.page.locator('[data-testid=tunnel-banner]').waitFor({ state: 'detached' });
    await readsPath(ada, null);
    setTunnels(product, 'LastResort');
    await ada.page.locator('[data-testid=tunnel-banner][data-state=on]').waitFor();
    await ada.waitForVideo('Bob');
    await bob.waitForVideo('Ada');
  }));

  it('media moves from a tunnel to UDP when UDP is let out in a call, after looks in vain', options, t => callOnTunnel(t, inside, [product.page], async (ada, bob) => {
    const tiles = [ada.tile('Bob'), bob.tile('Ada')];
    await Promise.all(tiles.map(watchTile));
    const opened = await ada.page.evaluate(() => globalThis.connections.length);
    await until(() => ada.page.evaluate(before => globalThis.connections.length > before && globalThis.connections.at(-1).connectionState === 'closed', opened), 'a look has ended', 60_000);
    network.allow([product.page, rung('udp4')]);
    await uses(ada, rung('udp4').path, 120_000);
    await ada.page.locator('[data-testid=tunnel-banner]').waitFor({ state: 'detached' });
    await seeAndHearEachOther(ada, bob);
    const pauses = (await Promise.all(tiles.map(tilePause))).map(({ pause }) => pause / 1_000);
    t.diagnostic(`seconds for which the pictures stood still, for Ada and for Bob: ${pauses.map(pause => pause.toFixed(1)).join(' and ')}`);
    assert.ok(Math.max(...pauses) < fallbackSeconds, `${pauses.join(' and ')} s`);
    await readsPath(ada, rung('udp4').path);
  }));

  it('people see and hear each other on a tunnel where only an HTTP proxy gets out', options, async t => {
    const proxy = await startProxy([product.page.ports].flat().map(String));
    // Without the second flag, browsers do not use a proxy for localhost.
    const browser = await network.launch(product.page.ports, [`--proxy-server=http://${network.host.ipv4}:${proxy.port}`, '--proxy-bypass-list=<-loopback>']);
    try {
      await callOnTunnel(t, browser, [{ family: 4, protocol: 'tcp', ports: proxy.port }]);
      assert.ok(proxy.connections() >= 3, `${proxy.connections()} WebSockets went through the proxy`);
    } finally {
      await browser.close();
      await proxy.close();
    }
  });

  const falls = [
    ['from UDP to TCP when UDP is blocked in a call in both directions', ['udp4', 'tcp4'], 'tcp4', { isIncomingBlocked: true }],
    ['from UDP to TCP when UDP is blocked in a call from the person only', ['udp4', 'tcp4'], 'tcp4', {}],
    ['from TCP to a relay when the ports of the media node are blocked in a call', ['tcp4'], 'turn-tcp', {}],
  ];
  for (const [what, before, next, blocked] of falls) {
    it(`media moves ${what}`, options, async t => {
      await call(before.map(rung), async (ada, bob) => {
        await uses(ada, rung(before[0]).path);
        await readsPath(ada, rung(before[0]).path);
        await ada.page.waitForTimeout(5_000); // the connections are no longer new
        const tiles = [ada.tile('Bob'), bob.tile('Ada')];
        await Promise.all(tiles.map(watchTile));
        network.allow([product.page, rung(next)], blocked);
        await until(async () => (await ada.page.evaluate(pathsInUse)).includes(rung(next).path), `Ada uses ${rung(next).path}`);
        await seeAndHearEachOther(ada, bob);
        const pauses = (await Promise.all(tiles.map(tilePause))).map(({ pause }) => pause / 1_000);
        t.diagnostic(`seconds for which the pictures stood still, for Ada and for Bob: ${pauses.map(pause => pause.toFixed(1)).join(' and ')}`);
        assert.ok(Math.max(...pauses) < fallbackSeconds, `${pauses.join(' and ')} s`);
        await readsPath(ada, rung(next).path);
      });
    });
  }

  it('media moves from a relay to UDP when UDP is let out and the browser reports another network', options, async t => {
    await call([rung('turn-udp')], async (ada, bob) => {
      await uses(ada, rung('turn-udp').path);
      const before = await ada.page.evaluate(iceNames);
      await until(async () => (await ada.page.evaluate(iceNames)).some(name => !before.includes(name)), 'a look', 60_000); // the next one follows after more than 40 s
      await ada.page.waitForTimeout(9_000); // it has found nothing
      const tiles = [ada.tile('Bob'), bob.tile('Ada')];
      await Promise.all(tiles.map(watchTile));
      network.allow([product.page, rung('turn-udp'), rung('udp4')]);
      const began = Date.now();
      await ada.page.evaluate(() => navigator.connection.dispatchEvent(new Event('change')));
      await uses(ada, rung('udp4').path, soonSeconds * 1_000);
      t.diagnostic(`seconds until media flowed over UDP: ${((Date.now() - began) / 1_000).toFixed(1)}`);
      await seeAndHearEachOther(ada, bob);
      const pauses = (await Promise.all(tiles.map(tilePause))).map(({ pause }) => pause / 1_000);
      t.diagnostic(`seconds for which the pictures stood still, for Ada and for Bob: ${pauses.map(pause => pause.toFixed(1)).join(' and ')}`);
      assert.ok(Math.max(...pauses) < noticeableSeconds, `${pauses.join(' and ')} s`);
      await readsPath(ada, rung('udp4').path);
    });
  });

  it('media moves from TCP to UDP when UDP is let out again in a call, after the browser has given it up', options, async t => {
    await call([rung('tcp4')], async (ada, bob) => {
      await uses(ada, rung('tcp4').path);
      const tiles = [ada.tile('Bob'), bob.tile('Ada')];
      await Promise.all(tiles.map(watchTile));
      await until(async () => !await ada.page.evaluate(triesUdp), 'the browser gives UDP up');
      network.allow([product.page, rung('tcp4'), rung('udp4')]);
      await uses(ada, rung('udp4').path, 120_000);
      await seeAndHearEachOther(ada, bob);
      const pauses = (await Promise.all(tiles.map(tilePause))).map(({ pause }) => pause / 1_000);
      t.diagnostic(`seconds for which the pictures stood still, for Ada and for Bob: ${pauses.map(pause => pause.toFixed(1)).join(' and ')}`);
      assert.ok(Math.max(...pauses) < noticeableSeconds, `${pauses.join(' and ')} s`);
      await readsPath(ada, rung('udp4').path);
    });
  });
});

/** Runs in the page: the names of its connections in ICE (`ice-ufrag`), which change with a restart. */
const iceNames = () => globalThis.connections.flatMap(({ localDescription }) => /a=ice-ufrag:(\S+)/.exec(localDescription?.sdp ?? '')?.[1] ?? []);

/** Runs in the page: whether a connection still has a pair of candidates over UDP. */
const triesUdp = async () => {
  for (const connection of globalThis.connections.filter(one => one.connectionState === 'connected')) {
    const report = await connection.getStats();
    for (const record of report.values()) {
      if (record.type === 'candidate-pair' && report.get(record.remoteCandidateId)?.protocol === 'udp') return true;
    }
  }
  return false;
};

async function seeAndHearEachOther(one, other) {
  for (const [seer, seen] of [[one, other], [other, one]]) {
    await seer.waitForVideo(seen.name);
    const energy = await seer.soundEnergy();
    await until(async () => await seer.soundEnergy() > energy, `${seer.name} hears ${seen.name}`);
  }
}
