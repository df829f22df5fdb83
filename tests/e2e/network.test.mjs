// People whose networks let only one kind of traffic out, each in a network namespace with a firewall of its own.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { launch } from './support/browser.mjs';
import { FirefoxVisitor } from './support/firefox.mjs';
import { playedLevel } from './support/heard.mjs';
import { startProxy } from './support/http-proxy.mjs';
import { stretchLooks } from './support/looks.mjs';
import { phrase, waitForMark } from './support/marks.mjs';
import { tilePause, watchTile } from './support/noticed.mjs';
import { readsPath } from './support/path-words.mjs';
import { canMakeNetworks, pathsInUse, PersonNetwork, rungKinds, rungs, setTunnels, startProductFor } from './support/person-network.mjs';
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
/** With this factor, nothing looks for a better path but after a sign. */
const never = 100;

describe('a network that lets only one kind of traffic out', { skip: canMakeNetworks ? false : 'network namespaces take root' }, () => {
  let network;
  let nextDoor;
  let product;
  let inside;
  let outside;
  let firefox;

  before(async () => {
    network = await PersonNetwork.open();
    nextDoor = await network.openNeighbour();
    product = await startProductFor(network);
    [outside, inside, firefox] = await Promise.all([launch(), network.launch(product.page.ports), nextDoor.launchFirefox(product.page.ports)]);
  }, { timeout: 900_000 });

  after(async () => {
    await Promise.all([outside?.close(), inside?.close(), firefox?.close()]);
    await product?.close();
    await Promise.all([nextDoor?.close(), network?.close()]);
  }, { timeout: 60_000 });

  const rung = name => rungs(product).find(one => one.name === name);

  /** Runs a test with people who are added to a list, and leave at its end. */
  const meet = async run => {
    const people = [];
    try {
      await describeOnFailure(people, () => run(people));
    } finally {
      await Promise.all(people.map(person => person.close()));
    }
  };

  /** Ada in the network that lets this out beside the page, and Bob in one without a firewall. */
  const call = (traffic, run, prepare = () => {}) => meet(async people => {
    network.allow([product.page, ...traffic]);
    const meeting = await createMeeting(product);
    people.push(await Visitor.arrive(inside, product, 'Ada'), await Visitor.arrive(outside, product, 'Bob'));
    await prepare(people[0].page);
    for (const person of people) await person.enter(meeting.meetingId);
    await seeAndHearEachOther(...people);
    await run(...people);
  });

  const uses = async (person, path, timeout = 20_000) => {
    let paths;
    await until(async () => (paths = await person.page.evaluate(pathsInUse)).length === 1 && paths[0] === path, `${person.name} uses ${path}`, timeout)
      .catch(error => { throw new Error(`${error.message}, not ${paths.join(', ')}`); });
  };

  for (const kind of rungKinds) {
    it(`people with Chromium and with Firefox see and hear each other over ${kind}, one with IPv4 and one with IPv6`, options, () => meet(async people => {
      const [ipv4, ipv6] = rungs(product).filter(one => one.kind === kind);
      const open = (...traffic) => [network, nextDoor].forEach((one, index) => one.allow([product.page, traffic[index]]));
      const areOn = async (...paths) => {
        const [ada, fay] = people;
        await Promise.all([ada.waitForVideo('Fay'), hears(ada, 'Fay'), fay.waitForVideoAndSound()]);
        await Promise.all(people.map((person, index) => uses(person, paths[index])));
        await Promise.all(people.map((person, index) => readsPath(person, paths[index])));
      };
      open(ipv4, ipv6);
      const { meetingId } = await createMeeting(product);
      people.push(await Visitor.arrive(inside, product, 'Ada'));
      await people[0].enter(meetingId);
      people.push(await FirefoxVisitor.enter(firefox, product, meetingId, 'Fay'));
      await areOn(ipv4.path, ipv6.path);
      open(ipv6, ipv4);
      await Promise.all(people.map(person => person.page.reload()));
      await Promise.all(people.map(person => person.connected()));
      await areOn(ipv6.path, ipv4.path);
    }));
  }

  it('a person with Firefox, which has no tunnels, reads what is blocked where only the page gets out', options, () => meet(async people => {
    setTunnels(product, 'LastResort');
    nextDoor.allow([product.page]);
    const { meetingId } = await createMeeting(product);
    people.push(await FirefoxVisitor.enter(firefox, product, meetingId, 'Fay'));
    await readsPath(people[0], null);
  }));

  /** Ada in the network that lets this out and nothing else, on a tunnel, and Bob in one without a firewall. */
  const callOnTunnel = (t, browser, traffic, more = async () => {}, { request = {}, prepare = () => {}, limitSeconds = tunnelLimitSeconds } = {}) => meet(async people => {
    setTunnels(product, 'LastResort');
    network.allow(traffic);
    const meeting = await createMeeting(product, request);
    people.push(await Visitor.arrive(outside, product, 'Bob'), await Visitor.arrive(browser, product, 'Ada'));
    const [bob, ada] = people;
    await prepare(bob, ada);
    for (const person of people) await person.enter(meeting.meetingId);
    await Promise.all([ada.waitForVideo('Bob'), bob.waitForVideo('Ada')]);
    const tiles = [ada.tile('Bob'), bob.tile('Ada')];
    await Promise.all(tiles.map(watchTile));
    const { join, frame } = await ada.page.evaluate(() => globalThis.marks);
    t.diagnostic(`seconds from the join to the first picture: ${((frame - join) / 1_000).toFixed(1)}`);
    await Promise.all([
      hears(bob, 'Ada'), until(async () => await ada.page.evaluate(playedLevel) > 0.01, 'Ada hears Bob'),
      readsPath(ada, 'tunnel'), ada.page.locator('[data-testid=tunnel-banner][data-state=on]').waitFor(),
    ]);
    assert.ok(frame - join < limitSeconds * 1_000, `${frame - join} ms`);
    await more(ada, bob, tiles);
  });

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

  it('people see and hear each other on a tunnel where only the page gets out, until the tenant denies tunnels, and again when it allows them', options, t => callOnTunnel(t, inside, [product.page], async (ada, bob) => {
    setTunnels(product, 'Denied');
    await ada.page.locator('[data-testid=tunnel-banner]').waitFor({ state: 'detached' });
    await readsPath(ada, null);
    setTunnels(product, 'LastResort');
    await ada.page.locator('[data-testid=tunnel-banner][data-state=on]').waitFor();
    await Promise.all([ada.waitForVideo('Bob'), bob.waitForVideo('Ada')]);
  }));

  it('people see and hear each other on a tunnel where connectivity checks get out and what follows them does not', options, t =>
    callOnTunnel(t, inside, [product.page, { ...rung('udp4'), areChecksOnly: true }], undefined, { limitSeconds: tunnelLimitSeconds + 3 }));

  it('media moves from a tunnel to UDP when UDP is let out in a call, after a look in vain', options, t => callOnTunnel(t, inside, [product.page], async (ada, bob, tiles) => {
    // The connections of the page are the two with which it began and one for each look: what takes a tunnel is none.
    await until(() => ada.page.evaluate(() => globalThis.connections.length > 2 && globalThis.connections.at(-1).connectionState === 'closed'), 'a look has ended', 60_000);
    network.allow([product.page, rung('udp4')]);
    await uses(ada, rung('udp4').path, 120_000);
    await ada.page.locator('[data-testid=tunnel-banner]').waitFor({ state: 'detached' });
    await seeAndHearEachOther(ada, bob);
    await stoodStill(t, tiles, fallbackSeconds);
    await readsPath(ada, rung('udp4').path);
  }, { prepare: (bob, ada) => ada.page.addInitScript(stretchLooks, 0.2) }));

  it('people see and hear each other on a tunnel where only an HTTP proxy gets out, which is reached over IPv6', options, async t => {
    const proxy = await startProxy([product.page.ports].flat().map(String));
    // Without the second flag, browsers do not use a proxy for localhost.
    const browser = await network.launch(product.page.ports, [`--proxy-server=http://[${network.host.ipv6}]:${proxy.port}`, '--proxy-bypass-list=<-loopback>']);
    try {
      await callOnTunnel(t, browser, [{ family: 6, protocol: 'tcp', ports: proxy.port }]);
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
        await stoodStill(t, tiles, fallbackSeconds);
        await readsPath(ada, rung(next).path);
      });
    });
  }

  for (const [what, from] of [['a relay', 'turn-udp'], ['TCP', 'tcp4']]) {
    it(`media moves from ${what} to UDP when UDP is let out in a call, after the browser has given it up, and the browser reports another network`, options, async t => {
      await call([rung(from)], async (ada, bob) => {
        await uses(ada, rung(from).path);
        await until(async () => !await ada.page.evaluate(triesUdp), 'the browser gives UDP up');
        const tiles = [ada.tile('Bob'), bob.tile('Ada')];
        await Promise.all(tiles.map(watchTile));
        network.allow([product.page, rung(from), rung('udp4')]);
        const began = Date.now();
        await ada.page.evaluate(() => navigator.connection.dispatchEvent(new Event('change')));
        await uses(ada, rung('udp4').path, soonSeconds * 1_000);
        t.diagnostic(`seconds until media flowed over UDP: ${((Date.now() - began) / 1_000).toFixed(1)}`);
        await seeAndHearEachOther(ada, bob);
        await stoodStill(t, tiles, noticeableSeconds);
        await readsPath(ada, rung('udp4').path);
      }, page => page.addInitScript(stretchLooks, never));
    });
  }
});

/** Runs in the page: whether a connection still has a pair of candidates over UDP without a relay. */
const triesUdp = async () => {
  for (const connection of globalThis.connections.filter(one => one.connectionState === 'connected')) {
    const report = await connection.getStats();
    for (const record of report.values()) {
      if (record.type !== 'candidate-pair') continue;
      const [local, remote] = [report.get(record.localCandidateId), report.get(record.remoteCandidateId)];
      if (local?.relayProtocol === undefined && remote?.protocol === 'udp') return true;
    }
  }
  return false;
};

const seeAndHearEachOther = (one, other) => Promise.all([one.waitForVideo(other.name), other.waitForVideo(one.name), hears(one, other.name), hears(other, one.name)]);

async function hears(person, name) {
  const energy = await person.soundEnergy();
  await until(async () => await person.soundEnergy() > energy, `${person.name} hears ${name}`);
}

/** Tells for how long the pictures in the tiles of Ada and of Bob stood still, which must be less than the limit. */
async function stoodStill(t, tiles, limitSeconds) {
  const pauses = (await Promise.all(tiles.map(tilePause))).map(({ pause }) => pause / 1_000);
  t.diagnostic(`seconds for which the pictures stood still, for Ada and for Bob: ${pauses.map(pause => pause.toFixed(1)).join(' and ')}`);
  assert.ok(Math.max(...pauses) < limitSeconds, `${pauses.join(' and ')} s`);
}
