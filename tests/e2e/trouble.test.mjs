// What people notice of reloads, cut connections and computers that vanish.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { chromium } from 'playwright-core';
import { flags, headlessShell } from './support/browser.mjs';
import { meetingRoom } from './support/meeting-room.mjs';
import { family, processesOf } from './support/processes.mjs';
import { explained, until, Visitor } from './support/visitor.mjs';

const room = meetingRoom();
const limits = { timeout: 300_000 };

/** Lets the test cut a visitor's WebSocket, and keep it cut. */
async function scissors(visitor) {
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
    cut: async () => {
      state.blocked = true;
      for (const { page, server } of [...state.live]) {
        await server.close({ code: 3000 });
        await page.close({ code: 1011 });
      }
      state.live.clear();
    },
    mend: () => { state.blocked = false; },
  };
}

async function pair(run) {
  await room.withPeople(['Bob'], async (bob, meeting) => {
    const ada = await room.arrive('Ada');
    try {
      await explained([ada], async () => {
        const wire = await scissors(ada);
        await ada.enter(meeting.meetingId);
        await Promise.all([ada.seesPictures('Bob'), bob.seesPictures('Ada')]);
        await run(ada, bob, wire, meeting);
      });
    } finally {
      await ada.close();
    }
  });
}

describe('a reload', () => {
  it('brings back the same participant, muted as before, with sound and picture', limits, async () => {
    await pair(async (ada, bob) => {
      const id = await ada.id();
      await ada.control('microphone').click();
      await bob.tile('Ada').and(bob.page.locator('[data-muted=true]')).waitFor();
      await ada.page.reload();
      await ada.connected();
      assert.equal(await ada.id(), id);
      await Promise.all([ada.seesPictures('Bob'), bob.seesPictures('Ada')]);
      await ada.page.locator('[data-testid=control-microphone][aria-pressed=false]').waitFor();
      assert.equal(await bob.tile('Ada').getAttribute('data-muted'), 'true');
      assert.equal(await bob.tile('Ada').count(), 1);
      assert.equal(await bob.page.getByTestId('count').textContent(), '2 people');
    });
  });
});

describe('a cut connection', () => {
  it('is told, media goes on meanwhile, and nobody sees anybody leave when it is short', limits, async () => {
    await pair(async (ada, bob, wire) => {
      const id = await ada.id();
      await ada.control('microphone').click();
      await wire.cut();
      await ada.page.locator('[data-testid=connection-banner][data-waiting-for=signaling]').waitFor();
      // Mended in time on a busy machine, too: who is away for more than four seconds has left.
      const mending = setTimeout(wire.mend, 1500);
      await Promise.all([ada.seesPictures('Bob', 'camera', 5), bob.seesPictures('Ada', 'camera', 5)]);
      clearTimeout(mending);
      wire.mend();
      await ada.connected();
      await ada.page.getByTestId('connection-banner').waitFor({ state: 'detached' });
      assert.equal(await ada.id(), id);
      assert.equal(await bob.tile('Ada').getAttribute('data-muted'), 'true');
      await ada.says('back again');
      await bob.reads('back again');
      await Promise.all([ada.seesPictures('Bob'), bob.seesPictures('Ada')]);
    });
  });

  it('that lasts ends with the same people, the chat of meanwhile, and sound and picture', limits, async () => {
    await pair(async (ada, bob, wire) => {
      await wire.cut();
      await until(async () => await bob.tile('Ada').count() === 0, 'Bob sees that Ada is gone');
      await bob.says('where are you?');
      wire.mend();
      await ada.connected();
      await ada.reads('where are you?');
      await bob.tile('Ada').waitFor();
      await Promise.all([ada.seesPictures('Bob'), bob.seesPictures('Ada'), ada.hears(), bob.hears()]);
    });
  });
});

describe('a second tab', () => {
  it('takes over, and the first one says so', limits, async () => {
    await pair(async (ada, bob) => {
      const second = await ada.context.newPage();
      await second.addInitScript(stored => { for (const [key, value] of Object.entries(stored)) sessionStorage.setItem(key, value); },
        await ada.page.evaluate(() => ({ ...sessionStorage })));
      await second.goto(ada.page.url());
      await second.locator('[data-testid=meeting][data-phase=connected]').waitFor();
      await ada.notice('replaced').waitFor();
      await bob.seesPictures('Ada');
      assert.equal(await bob.page.getByTestId('count').textContent(), '2 people');
    });
  });
});

describe('a computer that vanishes', () => {
  it('is gone from the others within 15 seconds', limits, async t => {
    const server = await chromium.launchServer({ executablePath: headlessShell, args: flags });
    try {
      await room.withPeople(['Bob'], async (bob, meeting) => {
        const ada = await Visitor.arrive(await chromium.connect(server.wsEndpoint()), room.product, 'Ada');
        await ada.enter(meeting.meetingId);
        await bob.seesPictures('Ada');
        // Stopped, not ended: its sockets stay open and nothing says goodbye.
        for (const pid of family(server.process().pid)) process.kill(pid, 'SIGSTOP');
        const since = Date.now();
        await until(async () => await bob.tile('Ada').count() === 0, 'the tile of Ada is gone', 15_000);
        t.diagnostic(`tile gone after ${((Date.now() - since) / 1000).toFixed(1)} s`);
        assert.equal(await bob.page.getByTestId('count').textContent(), '1 person');
      });
    } finally {
      for (const pid of family(server.process().pid)) process.kill(pid, 'SIGCONT');
      await server.kill();
    }
  });
});

describe('a program that dies', () => {
  const kill = program => {
    const victims = processesOf(room.product.home, program);
    assert.ok(victims.length > 0, `no ${program} runs in ${room.product.home}`);
    for (const pid of victims) process.kill(pid, 'SIGKILL');
  };

  it('the media node: the meeting moves to its successor by itself, with what was muted still muted', limits, async t => {
    await pair(async (ada, bob) => {
      await ada.control('microphone').click();
      await bob.tile('Ada').and(bob.page.locator('[data-muted=true]')).waitFor();
      await ada.page.evaluate(() => { globalThis.connections.length = 0; });
      await bob.page.evaluate(() => { globalThis.connections.length = 0; });
      kill('media-node');
      const since = Date.now();
      const restarted = visitor => until(() => visitor.page.evaluate(() => globalThis.connections.filter(one => one.connectionState === 'connected').length >= 2), `${visitor.name} has new connections`, 60_000);
      await Promise.all([restarted(ada), restarted(bob)]);
      await Promise.all([ada.seesPictures('Bob', 'camera', 3), bob.seesPictures('Ada', 'camera', 3)]);
      t.diagnostic(`media back after ${((Date.now() - since) / 1000).toFixed(1)} s`);
      await ada.hears();
      await Promise.all([ada.connected(), bob.connected()]);
      assert.equal(await bob.tile('Ada').getAttribute('data-muted'), 'true');
      await ada.page.locator('[data-testid=control-microphone][aria-pressed=false]').waitFor();
      assert.equal(await ada.page.getByTestId('count').textContent(), '2 people');
    });
  });

  it('signaling: sound and picture go on, and the chat is back when it is', limits, async () => {
    await pair(async (ada, bob) => {
      const id = await ada.id();
      const [killed] = processesOf(room.product.home, 'signaling');
      kill('signaling');
      // On a quick machine the successor is there before the page has reason to show its banner.
      await until(() => processesOf(room.product.home, 'signaling').some(pid => pid !== killed), 'signaling has a successor', 60_000);
      await Promise.all([ada.seesPictures('Bob', 'camera', 5), bob.seesPictures('Ada', 'camera', 5)]);
      // A Pod that has died before is restarted later each time.
      await Promise.all([ada.connected(60_000), bob.connected(60_000)]);
      assert.equal(await ada.id(), id);
      await ada.says('and we are back');
      await bob.reads('and we are back');
      await Promise.all([ada.seesPictures('Bob'), bob.seesPictures('Ada'), ada.hears(), bob.hears()]);
    });
  });
});
