// Recovery from reloads, lost connections, lost computers and crashed processes.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { chromium } from 'playwright-core';
import { Lines } from './support/bad-line.mjs';
import { flags, headlessShell } from './support/browser.mjs';
import { meetingRoom } from './support/meeting-room.mjs';
import { family, processesOf } from './support/processes.mjs';
import { describeOnFailure, until, Visitor } from './support/visitor.mjs';

const room = meetingRoom();
const options = { timeout: 300_000 };

/** Lets the test close a visitor's WebSocket and block new ones. */
async function interceptWebSocket(visitor) {
  const state = { blocked: false, live: new Set() };
  await visitor.page.routeWebSocket(url => url.pathname.startsWith('/meetings/'), page => {
    if (state.blocked) {
      void page.close({ code: 1011 });
      return;
    }
    const server = page.connectToServer();
    const pair = { page, server };
    state.live.add(pair);
    page.onClose((code, reason) => { state.live.delete(pair); void server.close({ code, reason }); });
    server.onClose((code, reason) => { state.live.delete(pair); void page.close({ code, reason }); });
  });
  return {
    block: async () => {
      state.blocked = true;
      for (const { page, server } of [...state.live]) {
        await server.close({ code: 3000 });
        await page.close({ code: 1011 });
      }
      state.live.clear();
    },
    unblock: () => { state.blocked = false; },
  };
}

async function pair(run) {
  await room.withParticipants(['Bob'], async (bob, meeting) => {
    const ada = await room.arrive('Ada');
    try {
      await describeOnFailure([ada], async () => {
        const webSocket = await interceptWebSocket(ada);
        await ada.enter(meeting.meetingId);
        await Promise.all([ada.waitForVideo('Bob'), bob.waitForVideo('Ada')]);
        await run(ada, bob, webSocket, meeting);
      });
    } finally {
      await ada.close();
    }
  });
}

describe('a reload', () => {
  it('after a reload, the same participant is back with sound and video, and muted as before', options, async () => {
    await pair(async (ada, bob) => {
      const id = await ada.id();
      await ada.control('microphone').click();
      await bob.tile('Ada').and(bob.page.locator('[data-muted=true]')).waitFor();
      await ada.page.reload();
      await ada.connected();
      assert.equal(await ada.id(), id);
      await Promise.all([ada.waitForVideo('Bob'), bob.waitForVideo('Ada')]);
      await ada.page.locator('[data-testid=control-microphone][aria-pressed=false]').waitFor();
      assert.equal(await bob.tile('Ada').getAttribute('data-muted'), 'true');
      assert.equal(await bob.tile('Ada').count(), 1);
      assert.equal(await bob.page.getByTestId('count').textContent(), '2 people');
      await ada.control('microphone').click();
      await bob.waitForSound();
    });
  });
});

describe('a lost connection', () => {
  it('during a short interruption a banner is shown, media continues and no participant leaves', options, async () => {
    await pair(async (ada, bob, webSocket) => {
      const id = await ada.id();
      await ada.control('microphone').click();
      await webSocket.block();
      await ada.page.locator('[data-testid=connection-banner][data-waiting-for=signaling]').waitFor();
      // A participant counts as having left after four seconds, so the connection is restored earlier even on a busy machine.
      const unblocking = setTimeout(webSocket.unblock, 1500);
      await Promise.all([ada.waitForVideo('Bob', 'camera', 5), bob.waitForVideo('Ada', 'camera', 5)]);
      clearTimeout(unblocking);
      webSocket.unblock();
      await ada.connected();
      await ada.page.getByTestId('connection-banner').waitFor({ state: 'detached' });
      assert.equal(await ada.id(), id);
      assert.equal(await bob.tile('Ada').getAttribute('data-muted'), 'true');
      await ada.sendMessage('back again');
      await bob.waitForMessage('back again');
      await Promise.all([ada.waitForVideo('Bob'), bob.waitForVideo('Ada')]);
    });
  });

  it('after a long interruption, participants, missed messages, sound and video are back', options, async () => {
    await pair(async (ada, bob, webSocket) => {
      await webSocket.block();
      await until(async () => await bob.tile('Ada').count() === 0, 'the tile of Ada disappears for Bob');
      await bob.sendMessage('where are you?');
      webSocket.unblock();
      await ada.connected();
      await ada.waitForMessage('where are you?');
      await bob.tile('Ada').waitFor();
      await Promise.all([ada.waitForVideo('Bob'), bob.waitForVideo('Ada'), ada.waitForSound(), bob.waitForSound()]);
    });
  });
});

describe('a change of network', () => {
  it('when the path to the media node dies, sound and pictures are back on another one within seconds, and nobody leaves', options, async t => {
    await room.withParticipants(['Bob'], async (bob, meeting) => {
      const lines = new Lines();
      const ada = await room.arrive('Ada');
      try {
        await describeOnFailure([ada], async () => {
          await lines.attach(ada.page);
          await ada.enter(meeting.meetingId);
          const seeEachOther = () => Promise.all([ada.waitForVideo('Bob'), bob.waitForVideo('Ada')]);
          await seeEachOther();
          const id = await ada.id();
          await bob.page.evaluate(() => {
            globalThis.departures = 0;
            new MutationObserver(() => { if (document.querySelector('[data-testid=tile][data-self=false]') === null) globalThis.departures++; }).observe(document.body, { childList: true, subtree: true });
          });
          for (const isAnnounced of [false, true]) {
            // A muted microphone sends nothing on the old connection and on the new one.
            await ada.control('microphone').click();
            await bob.tile('Ada').and(bob.page.locator('[data-muted=true]')).waitFor();
            const since = performance.now();
            lines.cut();
            if (isAnnounced) {
              await ada.context.setOffline(true);
              await ada.page.locator('[data-testid=connection-banner][data-waiting-for=network]').waitFor();
              await ada.context.setOffline(false);
            }
            await seeEachOther();
            const seconds = (performance.now() - since) / 1_000;
            t.diagnostic(`pictures are back in both directions after ${seconds.toFixed(1)} s${isAnnounced ? ', when the browser says that it was offline' : ''}`);
            // At most 4.3 s until the path is found to be dead, the time to connect, and that of this test.
            assert.ok(seconds < 8, `pictures were back after ${seconds.toFixed(1)} s`);
            await ada.control('microphone').click();
            await Promise.all([ada.waitForSound(), bob.waitForSound(), ada.connected()]);
          }
          assert.equal(await ada.id(), id);
          assert.equal(await bob.page.evaluate(() => globalThis.departures), 0);
        });
      } finally {
        await ada.close();
        lines.close();
      }
    });
  });
});

describe('a media node that stands still', () => {
  it('for four seconds costs nobody a new connection, and afterwards everybody is seen and heard', options, async t => {
    const names = ['Ada', 'Bob', 'Eve'];
    await room.withParticipants(names, async (...everybody) => {
      const people = everybody.slice(0, names.length);
      const meetEachOther = () => Promise.all(people.flatMap(person => [...names.filter(name => name !== person.name).map(name => person.waitForVideo(name)), person.waitForSound()]));
      /** How many media connections each page has opened until now. */
      const count = () => Promise.all(people.map(person => person.page.evaluate(() => globalThis.connections.length)));
      await meetEachOther();
      const before = await count();
      const nodes = processesOf(room.product.home, 'media-node');
      try {
        for (const pid of nodes) process.kill(pid, 'SIGSTOP');
        await people[0].page.waitForTimeout(4_000);
      } finally {
        for (const pid of nodes) process.kill(pid, 'SIGCONT');
      }
      const since = performance.now();
      await meetEachOther();
      t.diagnostic(`pictures and sound of everybody are back ${((performance.now() - since) / 1_000).toFixed(1)} s after the node goes on`);
      // A client that has given the path up opens a connection within this time.
      await people[0].page.waitForTimeout(5_000);
      t.diagnostic(`new connections of each page: ${(await count()).map((now, index) => now - before[index]).join(', ')}`);
      assert.deepEqual(await count(), before);
      await Promise.all([...people.map(person => person.connected()), meetEachOther()]);
    });
  });
});

describe('a second tab', () => {
  it('a second tab takes over the meeting, and the first tab shows a notice', options, async () => {
    await pair(async (ada, bob) => {
      const second = await ada.context.newPage();
      await second.addInitScript(stored => { for (const [key, value] of Object.entries(stored)) sessionStorage.setItem(key, value); },
        await ada.page.evaluate(() => ({ ...sessionStorage })));
      await second.goto(ada.page.url());
      await second.locator('[data-testid=meeting][data-phase=connected]').waitFor();
      await ada.notice('replaced').waitFor();
      await bob.waitForVideo('Ada');
      assert.equal(await bob.page.getByTestId('count').textContent(), '2 people');
    });
  });
});

describe('a lost computer', () => {
  it('a participant whose computer is lost disappears within 15 seconds', options, async t => {
    const server = await chromium.launchServer({ executablePath: headlessShell, args: flags });
    try {
      await room.withParticipants(['Bob'], async (bob, meeting) => {
        const ada = await Visitor.arrive(await chromium.connect(server.wsEndpoint()), room.product, 'Ada');
        await ada.enter(meeting.meetingId);
        await bob.waitForVideo('Ada');
        // The processes are stopped, not ended: their sockets stay open and send nothing.
        for (const pid of family(server.process().pid)) signal(pid, 'SIGSTOP');
        const since = Date.now();
        await until(async () => await bob.tile('Ada').count() === 0, 'the tile of Ada disappears', 15_000);
        t.diagnostic(`tile removed after ${((Date.now() - since) / 1000).toFixed(1)} s`);
        assert.equal(await bob.page.getByTestId('count').textContent(), '1 person');
      });
    } finally {
      for (const pid of family(server.process().pid)) signal(pid, 'SIGCONT');
      await server.kill();
    }
  });

  /** Chromium may end some of its processes in the meantime. */
  const signal = (pid, name) => {
    try {
      process.kill(pid, name);
    } catch (error) {
      if (error.code !== 'ESRCH') throw error;
    }
  };
});

describe('a crashed process', () => {
  const kill = program => {
    const victims = processesOf(room.product.home, program);
    assert.ok(victims.length > 0, `no ${program} process runs in ${room.product.home}`);
    for (const pid of victims) process.kill(pid, 'SIGKILL');
  };

  it('after a crash of the media node, the meeting moves to its replacement with the mute states kept', options, async t => {
    await pair(async (ada, bob) => {
      await ada.control('microphone').click();
      await bob.tile('Ada').and(bob.page.locator('[data-muted=true]')).waitFor();
      await ada.page.evaluate(() => { globalThis.connections.length = 0; });
      await bob.page.evaluate(() => { globalThis.connections.length = 0; });
      kill('media-node');
      const since = Date.now();
      const restarted = visitor => until(() => visitor.page.evaluate(() => globalThis.connections.filter(one => one.connectionState === 'connected').length >= 2), `${visitor.name} has new connections`, 60_000);
      await Promise.all([restarted(ada), restarted(bob)]);
      await Promise.all([ada.waitForVideo('Bob', 'camera', 3), bob.waitForVideo('Ada', 'camera', 3)]);
      t.diagnostic(`media restored after ${((Date.now() - since) / 1000).toFixed(1)} s`);
      await ada.waitForSound();
      await Promise.all([ada.connected(), bob.connected()]);
      assert.equal(await bob.tile('Ada').getAttribute('data-muted'), 'true');
      await ada.page.locator('[data-testid=control-microphone][aria-pressed=false]').waitFor();
      assert.equal(await ada.page.getByTestId('count').textContent(), '2 people');
      await ada.control('microphone').click();
      await bob.waitForSound();
    });
  });

  it('during a crash of signaling, sound and video continue, and the chat works again afterwards', options, async () => {
    await pair(async (ada, bob) => {
      const id = await ada.id();
      const [killed] = processesOf(room.product.home, 'signaling');
      kill('signaling');
      // A replacement can start before the page shows its banner, so the test waits for the process.
      await until(() => processesOf(room.product.home, 'signaling').some(pid => pid !== killed), 'a replacement of signaling runs', 60_000);
      await Promise.all([ada.waitForVideo('Bob', 'camera', 5), bob.waitForVideo('Ada', 'camera', 5)]);
      // Kubernetes delays the restart of a Pod that has crashed before.
      await Promise.all([ada.connected(60_000), bob.connected(60_000)]);
      assert.equal(await ada.id(), id);
      await ada.sendMessage('and we are back');
      await bob.waitForMessage('and we are back');
      await Promise.all([ada.waitForVideo('Bob'), bob.waitForVideo('Ada'), ada.waitForSound(), bob.waitForSound()]);
    });
  });
});
