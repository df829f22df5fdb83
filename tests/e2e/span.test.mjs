// A meeting on three media nodes in three regions, with a page at each.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { launch } from './support/browser.mjs';
import { Fleet } from './support/fleet.mjs';
import { meetingRoom } from './support/meeting-room.mjs';
import { nothing, noticed, watchPage } from './support/noticed.mjs';
import { applyMeeting } from './support/product.mjs';
import { voiceFile } from './support/sound-file.mjs';
import { until } from './support/until.mjs';
import { describeOnFailure } from './support/visitor.mjs';
import { publish } from './support/werift-peer.mjs';
import { WhipHttp } from './support/whip-http.mjs';

const microphone = await voiceFile();
after(() => microphone.remove());
const room = meetingRoom(() => launch([`--use-file-for-fake-audio-capture=${microphone.path}`]));
const fleet = new Fleet(room);

/** The UDP port of the media node that each connection of a page in use has. */
const portsOf = person => person.page.evaluate(async () => {
  const ports = [];
  for (const connection of globalThis.connections) {
    if (connection.connectionState !== 'connected') continue;
    const report = await connection.getStats();
    report.forEach(record => { if (record.type === 'transport') ports.push(report.get(report.get(record.selectedCandidatePairId)?.remoteCandidateId)?.port); });
  }
  return ports;
});

/** The number of frames that a page has decoded, for each picture that it receives. */
const decoded = person => person.page.evaluate(async () => {
  const frames = {};
  for (const [index, connection] of globalThis.connections.entries()) {
    if (connection.connectionState !== 'connected') continue;
    (await connection.getStats()).forEach(({ type, kind, mid, framesDecoded }) => { if (type === 'inbound-rtp' && kind === 'video') frames[`${index} ${mid}`] = framesDecoded; });
  }
  return frames;
});

/** Waits until a page has decoded ten further frames of so many pictures. */
async function decodes(person, pictures) {
  const first = await decoded(person);
  await until(async () => Object.entries(await decoded(person)).filter(([picture, frames]) => frames >= (first[picture] ?? 0) + 10).length >= pictures, `${person.name} decodes ${pictures} pictures`);
}

/** Waits until everybody sees everybody else. */
const seeEachOther = people => Promise.all(people.flatMap(person => [
  decodes(person, people.length - 1), ...people.filter(other => other !== person).map(other => person.waitForVideo(other.name)),
]));

/** Keeps the IDs of those who speak, as the messages of the server say. */
const watchSpeaker = person => {
  person.speaker = null;
  person.page.on('websocket', socket => socket.on('framereceived', ({ payload }) => {
    const message = JSON.parse(payload);
    if (message.type === 'speaking') person.speaker = message.participantId;
  }));
};

async function setMicrophone(person, on) {
  const control = person.control('microphone');
  if (await control.getAttribute('aria-pressed') !== String(on)) await control.click();
  await control.and(person.page.locator(`[aria-pressed=${on}]`)).waitFor();
}

/** Only this person's microphone is on. The others see that, hear it, and see who speaks. */
async function speaksAlone(person, people) {
  const others = people.filter(other => other !== person);
  await Promise.all(people.map(one => setMicrophone(one, one === person)));
  for (const one of people) for (const other of people) {
    if (other !== one) await one.tile(other.name).and(one.page.locator(`[data-muted=${other !== person}]`)).waitFor();
  }
  await Promise.all(others.flatMap(other => [other.waitForSound(), other.tile(person.name).and(other.page.locator('[data-speaking=true]')).waitFor()]));
  const ids = new Map(await Promise.all(people.map(async one => [one, await one.id()])));
  const speakerOf = one => people.find(other => ids.get(other) === one.speaker)?.name ?? one.speaker;
  await until(() => people.every(one => speakerOf(one) === person.name), `${person.name} is the speaker for all`).catch(error => {
    throw new Error(`${error.message}; the speaker is ${people.map(one => `${speakerOf(one)} for ${one.name}`).join(', ')}`);
  });
}

describe('a meeting on three media nodes', () => {
  let removeRegions = () => {};
  before(async () => { removeRegions = await fleet.addRegions('north', 'east'); }, { timeout: 150_000 });
  after(() => removeRegions(), { timeout: 120_000 });

  it('is one meeting for those in each region, and the others go on when a region is left', { timeout: 420_000 }, async t => {
    const meetingId = await applyMeeting(room.product, { regions: { preferred: ['local'] }, scale: { spread: 'Regions' } });
    const http = new WhipHttp(room.product, meetingId);
    const [ada, bob, eve] = [await room.arrive('Ada'), await room.arrive('Bob'), await room.arrive('Eve')];
    const people = [ada, bob, eve];
    const encoders = [];
    /** A region gets a media node for three people. Two of them are encoders that send nothing, which cost little. */
    const addEncoders = async region => {
      for (const number of [1, 2]) {
        const { ticket } = await http.join(`${region} ${number}`, region);
        encoders.push({ region, ticket, ...await publish(http, ticket, { onKeyFrameWanted: () => {} }) });
      }
    };
    try {
      await describeOnFailure(people, async () => {
        people.forEach(watchSpeaker);
        await ada.enter(meetingId);
        await bob.enter(meetingId, 'north');
        await eve.enter(meetingId, 'east');
        const regions = () => fleet.assignmentsOf(meetingId).filter(({ state }) => state === 'Ready').map(({ region }) => region).sort();
        assert.deepEqual(regions(), ['local']);
        for (const region of ['north', 'east']) await addEncoders(region);
        await until(() => `${regions()}` === 'east,local,north', 'the meeting is on a media node in each region', 120_000);
        const isOn = async (person, pool) => {
          const { min, max } = fleet.portsOf(pool);
          const ports = await portsOf(person);
          return ports.length === 2 && ports.every(port => port >= min && port <= max);
        };
        for (const [person, pool] of [[ada, 'default'], [bob, 'north'], [eve, 'east']]) {
          await until(() => isOn(person, pool), `both connections of ${person.name} are to the media node of ${pool}`);
        }
        await seeEachOther(people);
        for (const person of people) await speaksAlone(person, people);
        await bob.sendMessage('from the north');
        await Promise.all([ada, eve].map(person => person.waitForMessage('from the north')));
        await eve.sendMessage('from the east');
        await Promise.all([ada, bob].map(person => person.waitForMessage('from the east')));
        assert.deepEqual(regions(), ['east', 'local', 'north']);
        let links = [];
        await until(() => {
          links = fleet.cascadeOf(meetingId);
          return links.length === 6 && links.every(({ state, rttMs, lossPct, kbps }) => state === 'Up' && typeof rttMs === 'number' && typeof lossPct === 'number' && kbps > 10);
        }, 'the status has the figures of all links', 30_000).catch(error => {
          throw new Error(`${error.message}; they are ${JSON.stringify(links)}`);
        });
        for (const { rttMs, lossPct } of links) {
          assert.ok(rttMs >= 0 && rttMs < 1_000, `${rttMs} ms`);
          assert.ok(lossPct >= 0 && lossPct < 20, `${lossPct} %`);
        }
        t.diagnostic(JSON.stringify(links));

        await Promise.all([ada, eve].map(watchPage));
        await bob.control('leave').click();
        await bob.notice('left').waitFor();
        for (const { region, session, ticket } of encoders) if (region === 'north') await http.end(session.location, ticket);
        await until(() => `${regions()}` === 'east,local', 'the meeting has left the media node in the north', 150_000);
        await until(async () => await ada.tile('Bob').count() + await eve.tile('Bob').count() === 0, 'the tile of Bob disappears');
        await seeEachOther([ada, eve]);
        await speaksAlone(ada, [ada, eve]);
        await speaksAlone(eve, [ada, eve]);
        assert.deepEqual([await noticed(ada), await noticed(eve)], [nothing, nothing]);
        t.diagnostic(fleet.events());
      });
    } finally {
      await Promise.all([...encoders.map(({ peer }) => peer.close()), ...people.map(person => person.close())]);
    }
  });
});
