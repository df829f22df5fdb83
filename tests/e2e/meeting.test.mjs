// Meetings of two and more participants, as they appear in the browser.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { accessibilityFindings } from './support/axe.mjs';
import { meetingRoom } from './support/meeting-room.mjs';
import { createMeeting } from './support/product.mjs';
import { until } from './support/visitor.mjs';

/** What the page sends of its screen, over two seconds in which the whole screen changes. */
const sentScreen = page => page.evaluate(async () => {
  const sender = globalThis.connections.flatMap(connection => connection.getSenders()).find(({ track }) => track?.getSettings().displaySurface !== undefined);
  const read = async () => [...(await sender.getStats()).values()].find(({ type }) => type === 'outbound-rtp');
  const cover = document.body.appendChild(document.createElement('div'));
  cover.style = 'position: fixed; inset: 0; z-index: 99';
  const drawing = setInterval(() => { cover.style.background = `hsl(${(performance.now() / 5) % 360} 50% 50%)`; }, 20);
  await new Promise(resolve => setTimeout(resolve, 500));
  const before = await read();
  await new Promise(resolve => setTimeout(resolve, 2_000));
  const after = await read();
  clearInterval(drawing);
  cover.remove();
  return {
    hint: sender.track.contentHint, width: after.frameWidth, height: after.frameHeight,
    framesPerSecond: (after.framesEncoded - before.framesEncoded) * 1_000 / (after.timestamp - before.timestamp),
  };
});

const room = meetingRoom();
const options = { timeout: 300_000 };

describe('a meeting', () => {
  it('a meeting is created on the start page, joined with its link, and carries sound and video both ways', options, async t => {
    const ada = await room.arrive('Ada');
    const bob = await room.arrive('Bob');
    try {
      await ada.page.goto(room.product.url);
      await ada.page.getByTestId('meeting-title').fill('Weekly review');
      await ada.page.getByTestId('new-meeting').click();
      await ada.join();
      await ada.page.getByTestId('alone').waitFor();
      await ada.control('end').waitFor();
      assert.deepEqual(await ada.page.evaluate(() => Object.keys(localStorage).filter(key => /host|token/.test(key))), [], 'no host token is stored beyond the tab');
      await assert.rejects(ada.page.evaluate(() => { document.createElement('div').innerHTML = '<b>x</b>'; }), /TrustedHTML/);
      await ada.control('copy').click();
      const link = await ada.page.evaluate(() => navigator.clipboard.readText());
      assert.equal(link, ada.page.url());

      await bob.page.goto(room.product.url);
      await bob.page.getByTestId('join-input').fill(link);
      await bob.page.getByTestId('join-go').click();
      await bob.page.getByText('Ada is already here').waitFor();
      await bob.page.getByRole('heading', { name: 'Weekly review' }).waitFor();
      await bob.join();

      await Promise.all([ada.waitForVideo('Bob'), bob.waitForVideo('Ada'), ada.waitForSound(), bob.waitForSound()]);
      assert.deepEqual(await ada.audioCodecs(), [['red', 'opus'], ['opus', 'red', 'opus', 'red']], 'a microphone sends each frame twice, and the page can receive it twice, in mono and stereo');
      const { join, frame } = await bob.marks();
      t.diagnostic(`join click to first remote frame: ${Math.round(frame - join)} ms`);
      await ada.page.getByTestId('count').filter({ hasText: '2 people' }).waitFor();
    } finally {
      await Promise.all([ada.close(), bob.close()]);
    }
  });

  it('the chat works both ways, and a late participant sees its history', options, async () => {
    await room.withParticipants(['Ada', 'Bob'], async (ada, bob, meeting) => {
      await ada.sendMessage('first, from Ada');
      await bob.waitForMessage('first, from Ada');
      await bob.sendMessage('second, from Bob');
      await ada.waitForMessage('second, from Bob');
      const eve = await room.arrive('Eve');
      try {
        await eve.enter(meeting.meetingId);
        await eve.waitForMessage('second, from Bob');
        assert.deepEqual(await eve.page.getByTestId('chat-text').allTextContents(), ['first, from Ada', 'second, from Bob']);
      } finally {
        await eve.close();
      }
    });
  });

  it('a muted participant is shown as muted and sends no sound', options, async () => {
    await room.withParticipants(['Ada', 'Bob'], async (ada, bob) => {
      await bob.waitForSound();
      await ada.page.keyboard.press('Control+d');
      await bob.tile('Ada').and(bob.page.locator('[data-muted=true]')).waitFor();
      await until(async () => {
        const before = await bob.sound();
        await until(async () => (await bob.sound()).played >= before.played + 1, 'a second of sound is played');
        return (await bob.sound()).energy - before.energy < 1e-6;
      }, 'Bob receives no sound from the muted Ada');
      await ada.page.keyboard.press('Control+d');
      await bob.tile('Ada').and(bob.page.locator('[data-muted=false]')).waitFor();
      await bob.waitForSound();
    });
  });

  it('who speaks is marked on both pages, and the level meter ends with the mute', options, async () => {
    await room.withParticipants(['Bob'], async (bob, meeting) => {
      const ada = await room.arrive('Ada');
      try {
        await ada.page.addInitScript(() => {
          const Real = globalThis.AudioContext;
          globalThis.meters = [];
          globalThis.AudioContext = class extends Real {
            constructor(...args) {
              super(...args);
              globalThis.meters.push(this);
            }
          };
          // A lasting tone, because the beeps of the fake microphone are shorter than the pauses between two looks at the levels.
          const devices = navigator.mediaDevices;
          const open = devices.getUserMedia.bind(devices);
          devices.getUserMedia = async asked => {
            const stream = await open(asked);
            if (!asked.audio) return stream;
            const context = new Real();
            const output = context.createMediaStreamDestination();
            const tone = context.createOscillator();
            tone.connect(output);
            tone.start();
            return new MediaStream([...output.stream.getAudioTracks(), ...stream.getVideoTracks()]);
          };
        });
        await ada.page.goto(`${room.product.url}/m/${meeting.meetingId}`);
        await ada.page.locator('[data-testid=mic-meter]:not([aria-valuenow="0"])').waitFor();
        await ada.join();
        await Promise.all([ada.page.locator('[data-testid=tile][data-self=true][data-speaking=true]').waitFor(), bob.tile('Ada').and(bob.page.locator('[data-speaking=true]')).waitFor()]);
        const running = () => ada.page.evaluate(() => globalThis.meters.filter(one => one.state !== 'closed').length);
        assert.equal(await running(), 1, 'only the meter of the meeting runs');
        assert.ok(await ada.page.evaluate(() => globalThis.meters.every(one => one.sinkId?.type === 'none')), 'meters use no output device');
        await ada.page.keyboard.press('Control+d');
        await Promise.all([ada.page.locator('[data-testid=tile][data-self=true][data-speaking=false]').waitFor(), bob.tile('Ada').and(bob.page.locator('[data-speaking=false]')).waitFor()]);
        await until(async () => await running() === 0, 'the meter ends');
      } finally {
        await ada.close();
      }
    });
  });

  it('a participant whose camera is off has no video', options, async () => {
    await room.withParticipants(['Ada', 'Bob'], async (ada, bob) => {
      await bob.waitForVideo('Ada');
      await ada.control('camera').click();
      await until(async () => await bob.tile('Ada').locator('video').count() === 0, 'the video of Ada disappears');
      await ada.control('camera').click();
      await bob.waitForVideo('Ada');
    });
  });

  it('a camera is received in the size in which its tile is shown', options, async () => {
    const { meetingId } = await createMeeting(room.product);
    const ada = await room.arrive('Ada', { width: 960 });
    const bob = await room.arrive('Bob', { deviceScaleFactor: 1 });
    const received = () => bob.page.locator('[data-testid=tile][data-self=false] video').last().evaluate(video => video.videoWidth);
    try {
      await ada.enter(meetingId); // Chromium opens the simulated camera once, in the size that is asked for first
      await bob.enter(meetingId);
      for (const [viewport, width] of [[{ width: 1900, height: 1080 }, 960], [{ width: 420, height: 700 }, 480], [{ width: 400, height: 300 }, 240], [{ width: 1900, height: 1080 }, 960]]) {
        await bob.page.setViewportSize(viewport);
        await until(async () => await received() === width, `Bob receives Ada's camera with ${width} pixels`);
      }
    } finally {
      await Promise.all([ada.close(), bob.close()]);
    }
  });

  it('a shared screen has a tile of its own, and the camera video continues', options, async () => {
    await room.withParticipants([{ name: 'Ada', viewport: { width: 2560, height: 1440 }, deviceScaleFactor: 1 }, 'Bob'], async (ada, bob) => {
      await ada.control('share').click();
      await bob.tile('Ada', 'screen').waitFor();
      await bob.page.locator('[data-testid=stage][data-layout=screen]').waitFor();
      await Promise.all([bob.waitForVideo('Ada', 'screen', 3), bob.waitForVideo('Ada')]);
      const { hint, width, height, framesPerSecond } = await sentScreen(ada.page);
      assert.equal(hint, 'detail');
      assert.ok(width >= 320 && width <= 1920 && height <= 1080, `${width} × ${height} pixels`);
      assert.ok(framesPerSecond > 0 && framesPerSecond <= 11, `${framesPerSecond} frames a second`);
      await ada.control('share').click();
      await until(async () => await bob.tile('Ada', 'screen').count() === 0, 'the tile of the screen disappears');
      await bob.page.locator('[data-testid=stage][data-layout=grid]').waitFor();
      await bob.waitForVideo('Ada');
    });
  });

  it('three participants see each other, also after one of them leaves and rejoins', options, async () => {
    await room.withParticipants(['Ada', 'Bob', 'Eve'], async (ada, bob, eve) => {
      await Promise.all([ada.waitForVideo('Bob'), ada.waitForVideo('Eve'), bob.waitForVideo('Ada'), bob.waitForVideo('Eve'), eve.waitForVideo('Ada'), eve.waitForVideo('Bob')]);
      await bob.control('leave').click();
      await bob.notice('left').waitFor();
      await until(async () => await ada.tile('Bob').count() === 0 && await eve.tile('Bob').count() === 0, 'the tile of Bob disappears');
      await Promise.all([ada.waitForVideo('Eve'), eve.waitForVideo('Ada')]);
      await bob.page.getByTestId('again').click();
      await bob.join();
      await Promise.all([ada.waitForVideo('Bob'), eve.waitForVideo('Bob'), bob.waitForVideo('Ada'), bob.waitForVideo('Eve')]);
    });
  });

  it('on a slow connection, the microphone and the camera stay on after a reload and after being switched off and on', options, async () => {
    await room.withParticipants(['Ada'], async (ada, meeting) => {
      const bob = await room.arrive('Bob');
      try {
        // Every message of the server arrives two seconds late, in order.
        await bob.page.routeWebSocket(/\/meetings\//, page => page.connectToServer().onMessage(message => setTimeout(() => page.send(message), 2_000)));
        await bob.enter(meeting.meetingId);
        const staysOn = async () => {
          await ada.waitForVideo('Bob', 'camera', 40); // at ten frames per second, longer than the delay
          await ada.waitForSound();
          for (const control of ['microphone', 'camera']) assert.equal(await bob.control(control).getAttribute('aria-pressed'), 'true', control);
        };
        await bob.page.reload();
        await bob.connected();
        await staysOn();
        for (const control of ['microphone', 'camera']) for (const pressed of ['false', 'true']) {
          await bob.control(control).click();
          await bob.control(control).and(bob.page.locator(`[aria-pressed=${pressed}]`)).waitFor();
        }
        await staysOn();
      } finally {
        await bob.close();
      }
    });
  });

  it('a meeting can be used with the keyboard alone', options, async () => {
    await room.withParticipants(['Bob'], async (bob, meeting) => {
      const ada = await room.arrive('Ada');
      try {
        const { page } = ada;
        await page.goto(`${room.product.url}/m/${meeting.meetingId}`);
        await page.getByTestId('name-input').waitFor(); // the input has the focus
        await page.keyboard.type('Ada');
        await page.keyboard.press('Enter');
        await ada.connected();
        const reach = async testId => {
          for (let presses = 0; presses < 10; presses++) {
            await page.keyboard.press('Tab');
            if (await page.evaluate(id => document.activeElement?.dataset.testid === id, testId)) return;
          }
          assert.fail(`${testId} is not within ten presses of Tab`);
        };
        await reach('control-microphone');
        await page.keyboard.press('Space');
        await bob.tile('Ada').and(bob.page.locator('[data-muted=true]')).waitFor();
        await reach('control-chat');
        await page.keyboard.press('Enter');
        await page.keyboard.type('typed without a mouse');
        await page.keyboard.press('Enter');
        await bob.waitForMessage('typed without a mouse');
        await page.keyboard.press('Escape');
        assert.equal(await page.evaluate(() => document.activeElement?.dataset.testid), 'control-chat', 'the focus returns to the control that opened the panel');
        await reach('control-leave');
        await page.keyboard.press('Enter');
        await ada.notice('left').waitFor();
      } finally {
        await ada.close();
      }
    });
  });

  it('axe finds no accessibility problems in a meeting', options, async () => {
    await room.withParticipants(['Ada', 'Bob'], async (ada, bob) => {
      await bob.waitForVideo('Ada');
      assert.deepEqual(await accessibilityFindings(bob.page), []);
      await ada.sendMessage('hello');
      await bob.waitForMessage('hello');
      assert.deepEqual(await accessibilityFindings(bob.page), []);
      await bob.control('people').click();
      await bob.page.getByTestId('person').nth(1).waitFor();
      assert.deepEqual(await accessibilityFindings(bob.page), []);
    });
  });
});
