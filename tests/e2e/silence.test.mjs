// Sound in Chromium: what a microphone sends that is muted or hears nothing, what others receive when somebody speaks again, and whether sound and picture come together.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { findTracks, listen, unmuteAndListen } from './support/heard.mjs';
import { flashAndBeep, offsets, watchLips } from './support/lips.mjs';
import { meetingRoom } from './support/meeting-room.mjs';
import { plainPage } from './support/plain-page.mjs';
import { createMeeting } from './support/product.mjs';
import { describeOnFailure, until } from './support/visitor.mjs';
import { WhipHttp } from './support/whip-http.mjs';

const room = meetingRoom();
const options = { timeout: 300_000 };

/** Runs in the page before its scripts: `globalThis.speak(true)` makes the microphone hear a voice, whose tone rises and falls, and `speak(false)` absolute silence. Both return the time in ms since 1970. */
const controlledVoice = () => {
  const devices = navigator.mediaDevices;
  const open = devices.getUserMedia.bind(devices);
  const gains = [];
  let level = 0;
  globalThis.speak = isLoud => {
    level = isLoud ? 0.4 : 0;
    for (const { gain } of gains) gain.value = level;
    return performance.timeOrigin + performance.now();
  };
  devices.getUserMedia = async asked => {
    const stream = await open(asked);
    if (!asked.audio) return stream;
    const context = new AudioContext({ sampleRate: 48_000 });
    const output = context.createMediaStreamDestination();
    const tone = new OscillatorNode(context, { frequency: 300 });
    const melody = new OscillatorNode(context, { frequency: 3 });
    const depth = new GainNode(context, { gain: 120 });
    const gain = new GainNode(context, { gain: level });
    melody.connect(depth).connect(tone.frequency);
    tone.connect(gain).connect(output);
    for (const oscillator of [tone, melody]) oscillator.start();
    gains.push(gain);
    return new MediaStream([...output.stream.getAudioTracks(), ...stream.getVideoTracks()]);
  };
  // A shared tab in which nothing plays.
  const share = devices.getDisplayMedia.bind(devices);
  devices.getDisplayMedia = async asked => {
    const context = new AudioContext({ sampleRate: 48_000 });
    const output = context.createMediaStreamDestination();
    const nothing = new ConstantSourceNode(context, { offset: 0 });
    nothing.connect(output);
    nothing.start();
    return new MediaStream([...(await share(asked)).getVideoTracks(), ...output.stream.getAudioTracks()]);
  };
};

/** Whether the page plays the sound of a connection on which it also sends. */
const isDirect = visitor => visitor.page.evaluate(() => globalThis.connections.some(connection => connection.connectionState === 'connected'
  && connection.getTransceivers().some(({ direction, receiver }) => direction === 'sendrecv' && receiver.track === globalThis.playedTrack())));

/** What the microphone of a page, or its shared sound, has sent. */
const sent = (visitor, isShared = false) => visitor.page.evaluate(async shared => {
  const sums = { packets: 0, bytes: 0 };
  for (const connection of globalThis.connections) {
    if (connection.connectionState !== 'connected') continue;
    const [microphone, sound] = connection.getTransceivers().filter(({ receiver }) => receiver.track.kind === 'audio'); // a sender without a track has sent before
    (await connection.getStats()).forEach(({ type, mid, packetsSent, bytesSent }) => {
      if (type !== 'outbound-rtp' || mid !== (shared ? sound : microphone)?.mid) return;
      sums.packets += packetsSent;
      sums.bytes += bytesSent;
    });
  }
  return sums;
}, isShared);

/** What a page has received of the microphone of the other one. */
const received = visitor => visitor.page.evaluate(async () => {
  const sums = { packets: 0, lost: 0, samples: 0, concealed: 0 };
  for (const connection of globalThis.connections) {
    if (connection.connectionState !== 'connected') continue;
    (await connection.getStats()).forEach(record => {
      if (record.type !== 'inbound-rtp' || record.kind !== 'audio') return;
      sums.packets += record.packetsReceived;
      sums.lost += record.packetsLost;
      sums.samples += record.totalSamplesReceived;
      sums.concealed += record.concealedSamples - record.silentConcealedSamples;
    });
  }
  return sums;
});

const growth = async (measure, milliseconds) => {
  const before = await measure();
  await new Promise(resolve => setTimeout(resolve, milliseconds));
  const after = await measure();
  return Object.fromEntries(Object.keys(before).map(key => [key, after[key] - before[key]]));
};

const cases = { '': {}, ' in a meeting that is encrypted end to end': { e2ee: 'Required' }, ' on a direct connection': { mode: 'Auto' } };
const quiet = { maxPacketsPerSecond: 8, maxBytesPerSecond: 600, maxConcealedShare: 0.02 };
const seconds = 5;

/** Two people in a meeting, of whom Ada has begun to speak and Bob hears her. */
async function withSpeaker(settings, run) {
  const meeting = await createMeeting(room.product, { settings });
  const people = await Promise.all(['Ada', 'Bob'].map(person => room.arrive(person)));
  const [ada, bob] = people;
  try {
    await describeOnFailure(people, async () => {
      for (const person of people) {
        for (const script of [controlledVoice, findTracks]) await person.page.addInitScript(script);
        await person.enter(meeting.meetingId);
      }
      await ada.page.evaluate(() => globalThis.speak(true));
      await bob.waitForSound();
      if (settings.mode === 'Auto') await until(async () => (await Promise.all(people.map(isDirect))).every(Boolean), 'media flows directly', 200_000);
      await run(ada, bob);
    });
  } finally {
    await Promise.all(people.map(person => person.close()));
  }
}

describe('a microphone that is on', () => {
  for (const [where, settings] of Object.entries(cases)) {
    it(`sends little in silence, and the next syllable is heard in full${where}`, options, async t => {
      await withSpeaker(settings, async (ada, bob) => {
        const talking = await growth(() => sent(ada), seconds * 1_000);
        await bob.page.evaluate(listen);
        await ada.page.evaluate(() => globalThis.speak(false));
        await new Promise(resolve => setTimeout(resolve, 2_000));
        const [silent, heard] = await Promise.all([growth(() => sent(ada), seconds * 1_000), growth(() => received(bob), seconds * 1_000)]);
        t.diagnostic(`in ${seconds} s, ${talking.packets} packets and ${talking.bytes} bytes of speech, ${silent.packets} packets and ${silent.bytes} bytes of silence; received ${JSON.stringify(heard)}`);
        assert.ok(talking.packets > 40 * seconds, 'speech is sent without gaps');
        assert.ok(silent.packets > 0 && silent.packets <= quiet.maxPacketsPerSecond * seconds && silent.bytes <= quiet.maxBytesPerSecond * seconds, JSON.stringify(silent));
        assert.equal(heard.lost, 0);
        assert.ok(heard.packets > 0 && heard.packets <= quiet.maxPacketsPerSecond * seconds, JSON.stringify(heard));
        assert.ok(heard.concealed <= quiet.maxConcealedShare * heard.samples, JSON.stringify(heard));

        const syllableMs = 300;
        const delays = [];
        for (const pauseMs of [1_130, 1_310, 1_470]) { // at other moments between two packets of silence
          await bob.page.evaluate(() => { globalThis.loud = []; });
          const began = await ada.page.evaluate(async milliseconds => {
            const at = globalThis.speak(true);
            await new Promise(resolve => setTimeout(resolve, milliseconds));
            globalThis.speak(false);
            return at;
          }, syllableMs);
          await new Promise(resolve => setTimeout(resolve, pauseMs));
          const loud = await bob.page.evaluate(() => globalThis.loud);
          delays.push(`${Math.round(loud[0] - began)} ms`);
          t.diagnostic(`a syllable of ${syllableMs} ms is heard for ${loud.length * 10} ms`);
          assert.ok(loud.length * 10 >= syllableMs - 30, `${loud.length * 10} ms of ${syllableMs} ms are heard`);
          assert.ok(loud[0] - began < 1_000, delays.at(-1));
        }
        t.diagnostic(`delays ${delays.join(', ')}`);
        await until(async () => await bob.tile('Ada').getAttribute('data-quality') !== 'poor', 'the tile of Ada is not poor', 10_000);
      });
    });
  }

  it('leaves out silence, and the sound of a shared tab beside it does not', options, async t => {
    const meeting = await createMeeting(room.product);
    const ada = await room.arrive('Ada');
    try {
      await ada.page.addInitScript(controlledVoice);
      await ada.enter(meeting.meetingId);
      await ada.control('share').click();
      await until(async () => (await sent(ada, true)).packets > 50, 'the sound of the tab is sent');
      const [microphone, shared] = await Promise.all([growth(() => sent(ada), seconds * 1_000), growth(() => sent(ada, true), seconds * 1_000)]);
      t.diagnostic(`in ${seconds} s, ${microphone.packets} packets of the microphone and ${shared.packets} of the tab`);
      assert.ok(microphone.packets > 0 && microphone.packets <= quiet.maxPacketsPerSecond * seconds, JSON.stringify(microphone));
      assert.ok(shared.packets > 40 * seconds, JSON.stringify(shared));
    } finally {
      await ada.close();
    }
  });
});

/** How long, in ms, an unmute may take until it is heard. */
const longestUnmute = 500;

describe('a microphone that is muted', () => {
  for (const [where, settings] of Object.entries(cases)) {
    it(`sends nothing, and is heard at once when it is turned on${where}`, options, async t => {
      await withSpeaker(settings, async (ada, bob) => {
        await bob.page.evaluate(listen);
        const microphone = ada.control('microphone');
        const mute = async () => {
          await microphone.click();
          await bob.tile('Ada').and(bob.page.locator('[data-muted=true]')).waitFor();
          await new Promise(resolve => setTimeout(resolve, 700));
        };
        const delays = [];
        let packets = 0;
        for (let mutes = 0; mutes < 5; mutes++) {
          await mute();
          packets += (await growth(() => sent(ada), 2_000)).packets;
          delays.push(await unmuteAndListen(ada.page, bob.page));
        }
        t.diagnostic(`${packets} packets in 5 times 2 s; heard ${delays.join(', ')} ms after it was turned on`);
        assert.ok(Math.max(...delays) <= longestUnmute, `heard ${delays.join(', ')} ms after it was turned on`);

        // On, off, on and off again, faster than the browser changes what it sends.
        await ada.page.evaluate(() => { for (let click = 0; click < 3; click++) document.querySelector('[data-testid=control-microphone]').click(); });
        await bob.tile('Ada').and(bob.page.locator('[data-muted=true]')).waitFor();
        await new Promise(resolve => setTimeout(resolve, 700));
        packets += (await growth(() => sent(ada), 2_000)).packets;
        await unmuteAndListen(ada.page, bob.page);
        assert.equal(packets, 0, 'packets of a muted microphone');
        await until(async () => await bob.tile('Ada').getAttribute('data-quality') !== 'poor', 'the tile of Ada is not poor', 10_000);
      });
    });
  }
});

/** By how many ms the sound may come after the picture until people notice it, and until they find it unacceptable (ITU-R BT.1359-1). A slot with another stream needs longer until both are together. */
const [unnoticed, acceptable] = [[-45, 125], [-90, 185]];
/** How far apart single measurements may be, in ms. With an offset of hundreds of ms, the flashes of the irregular pattern would be further apart from the nearest beeps. */
const largestSpread = 180;
/** The slots for pictures that the first offer has. */
const firstSlots = 8;

describe('sound and picture', () => {
  it('are together within a second of a join, and of a slot that begins to carry somebody else', options, async t => {
    const { meetingId } = await createMeeting(room.product);
    const guest = await plainPage(room.browser, room.product);
    const people = [];
    const enter = async (name, prepare) => {
      const person = await room.arrive(name);
      people.push(person);
      await person.page.addInitScript(prepare);
      person.slots = new Map();
      person.page.on('websocket', socket => socket.on('framereceived', ({ payload }) => {
        const { tracks, slots } = JSON.parse(payload);
        for (const { participantId, source, mid } of slots ?? tracks ?? []) if (source === 'camera') person.slots.set(participantId, mid);
      }));
      await person.enter(meetingId);
      return person;
    };
    try {
      await describeOnFailure(people, async () => {
        const eve = await enter('Eve', flashAndBeep);
        const bob = await enter('Bob', watchLips);
        const check = async (person, [earliest, latest]) => {
          const played = () => bob.page.evaluate(() => ['audio', 'video'].map(kind => globalThis.lips[kind].find(({ starts }) => starts.length >= 5)));
          await until(async () => (await played()).every(list => list !== undefined), `${person.name} is seen and heard`);
          const [audio, video] = await played();
          const found = offsets({ audio, video }, 1_000).map(Math.round).sort((one, other) => one - other);
          const median = (found[Math.floor((found.length - 1) / 2)] + found[Math.floor(found.length / 2)]) / 2;
          const what = `sound after the picture in the first second of ${person.name}: ${found.join(', ')} ms`;
          t.diagnostic(what);
          assert.ok(found.length >= 2 && median >= earliest && median <= latest, what);
          assert.ok(found.at(-1) - found[0] <= largestSpread, what);
          return bob.slots.get(await person.id());
        };
        const slot = await check(eve, unnoticed);
        await eve.control('leave').click();
        await until(async () => await bob.tile('Eve').count() === 0, 'the tile of Eve disappears');

        // Slots that have carried nothing are used first.
        const http = new WhipHttp(room.product, meetingId);
        for (let count = 1; count < firstSlots; count++) {
          const { ticket } = await http.join('Guest');
          const session = await guest.whip(`${room.product.url}/meetings/${meetingId}/whip`, ticket);
          await bob.tile('Guest').locator('video').waitFor();
          await http.end(session, ticket);
          await until(async () => await bob.tile('Guest').count() === 0, 'the tile of the guest disappears');
        }
        await bob.page.evaluate(() => { globalThis.lips = { audio: [], video: [] }; });
        const gus = await enter('Gus', flashAndBeep);
        assert.equal(await check(gus, acceptable), slot, 'Gus is in the slot of Eve');
      });
    } finally {
      await Promise.all([guest, ...people].map(person => person.close()));
    }
  });
});
