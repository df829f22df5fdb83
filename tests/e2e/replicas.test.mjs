// What two people notice when a part of the service dies: two replicas of signaling behind one address, a PostgreSQL and a Redis, each killed without a word.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { launch } from './support/browser.mjs';
import { createMeeting, openProduct } from './support/product.mjs';
import { forwarder, freePort, preparePostgres, startRedis, startReplica } from './support/services.mjs';
import { until, Visitor } from './support/visitor.mjs';

const limits = { timeout: 240_000 };
const room = {};
const cleaning = [];

before(async () => {
  const product = await openProduct();
  cleaning.push(() => product.close());
  room.browser = await launch();
  cleaning.push(() => room.browser.close());
  room.postgres = await preparePostgres();
  cleaning.push(async () => { await room.postgres.server.end('SIGINT'); await room.postgres.remove(); });
  room.redisPort = await freePort();
  room.redis = await startRedis(room.redisPort);
  cleaning.push(() => room.redis.end());
  room.replica = async () => {
    const replica = await startReplica(product, { database: room.postgres.connection, redis: `127.0.0.1:${room.redisPort}` });
    cleaning.push(() => replica.end());
    return replica;
  };
}, { timeout: 900_000 });

after(async () => {
  for (const clean of cleaning.reverse()) await clean();
}, { timeout: 120_000 });

/** Ada and Bob in one meeting, on different replicas behind one address. */
async function pair(run) {
  const replicas = [await room.replica(), await room.replica()];
  const service = await forwarder(replicas.map(replica => replica.port));
  const people = [];
  try {
    const meeting = await createMeeting(service);
    for (const name of ['Ada', 'Bob']) {
      const person = await Visitor.arrive(room.browser, service, name);
      people.push(person);
      await person.enter(meeting.meetingId);
    }
    const [ada, bob] = people;
    await Promise.all([ada.seesPictures('Bob'), bob.seesPictures('Ada')]);
    await run({ ada, bob, replicas, meeting });
  } finally {
    for (const person of people) await person.close();
    await service.close();
    for (const replica of replicas) await replica.end();
  }
}

/** The replica on which a person's socket is, by its own count of sockets. */
const socketsOf = async replica => Number(/^meet_signaling_sockets(?:\{[^}]*\})? ([0-9.]+)$/m.exec(await (await fetch(`http://127.0.0.1:${replica.port}/metrics`)).text())?.[1] ?? 0);

/** Ids of the peer connections that are open, in order: the same before and after means that media was not begun anew. */
const connections = person => person.page.evaluate(() => globalThis.connections.map((one, index) => `${index}:${one.connectionState}`).filter(one => one.endsWith(':connected')));
const lines = person => person.page.getByTestId('chat-text').allTextContents();

describe('killed without a word', () => {
  it('one of two replicas: its people are back by themselves, media goes on, the chat is complete', limits, async t => {
    await pair(async ({ ada, bob, replicas }) => {
      await ada.control('microphone').click();
      await bob.tile('Ada').and(bob.page.locator('[data-muted=true]')).waitFor();
      for (const [who, text] of [[ada, 'one'], [bob, 'two']]) {
        await who.says(text);
        await Promise.all([ada.reads(text), bob.reads(text)]);
      }
      const ids = [await ada.id(), await bob.id()];
      const media = [await connections(ada), await connections(bob)];
      const sockets = await Promise.all(replicas.map(socketsOf));
      const victim = replicas[sockets[0] > 0 ? 0 : 1];
      t.diagnostic(`sockets on the replicas: ${sockets.join(' and ')}`);

      await victim.end('SIGKILL');
      const since = Date.now();
      await Promise.all([ada.seesPictures('Bob', 'camera', 5), bob.seesPictures('Ada', 'camera', 5)]);
      const survivor = replicas.find(replica => replica !== victim);
      await until(async () => await socketsOf(survivor) === 2, 'both are on the replica that is left', 30_000);
      t.diagnostic(`both are back after ${((Date.now() - since) / 1000).toFixed(1)} s`);
      await Promise.all([ada.connected(), bob.connected()]);
      for (const [who, text] of [[bob, 'three'], [ada, 'four']]) {
        await who.says(text);
        await Promise.all([ada.reads(text), bob.reads(text)]);
      }
      assert.deepEqual(await lines(ada), ['one', 'two', 'three', 'four']);
      assert.deepEqual(await lines(bob), ['one', 'two', 'three', 'four']);
      assert.deepEqual([await ada.id(), await bob.id()], ids);
      assert.deepEqual([await connections(ada), await connections(bob)], media, 'the peer connections are those of before');
      assert.equal(await bob.tile('Ada').getAttribute('data-muted'), 'true');
      assert.equal(await bob.page.getByTestId('count').textContent(), '2 people');
    });
  });

  it('Redis, for a while: nobody is dropped, and the chat goes through the database', limits, async () => {
    await pair(async ({ ada, bob }) => {
      const media = [await connections(ada), await connections(bob)];
      await room.redis.end('SIGKILL');
      await ada.says('without Redis');
      await bob.reads('without Redis');
      await bob.says('me too');
      await ada.reads('me too');
      room.redis = await startRedis(room.redisPort);
      await ada.control('microphone').click();
      await bob.tile('Ada').and(bob.page.locator('[data-muted=true]')).waitFor();
      await ada.says('with it');
      await bob.reads('with it');
      assert.deepEqual(await lines(bob), ['without Redis', 'me too', 'with it']);
      assert.deepEqual([await connections(ada), await connections(bob)], media);
      assert.equal(await bob.page.getByTestId('count').textContent(), '2 people');
      await Promise.all([ada.seesPictures('Bob', 'camera', 5), bob.seesPictures('Ada', 'camera', 5)]);
    });
  });

  it('PostgreSQL, for a while: a line of meanwhile is shown as not sent and can be sent again', limits, async () => {
    await pair(async ({ ada, bob }) => {
      await ada.says('before');
      await bob.reads('before');
      await room.postgres.server.end('SIGKILL');
      await ada.says('meanwhile');
      await ada.page.locator('[data-testid=chat-outgoing][data-state=failed]').waitFor({ timeout: 60_000 });
      await Promise.all([ada.seesPictures('Bob', 'camera', 5), bob.seesPictures('Ada', 'camera', 5)]);
      room.postgres.server = await room.postgres.start();
      await until(async () => {
        const again = ada.page.getByTestId('chat-resend');
        if (await again.count() > 0) await again.click().catch(() => {});
        return (await lines(bob)).includes('meanwhile');
      }, 'the line arrives in the end', 60_000);
      assert.deepEqual(await lines(bob), ['before', 'meanwhile']);
      await until(async () => await ada.page.getByTestId('chat-outgoing').count() === 0, 'nothing is left to send');
      assert.equal(await bob.page.getByTestId('count').textContent(), '2 people');
    });
  });
});
