// quality.mjs [--json] [--seconds N] [--only PART]: measures what two people in Chromium see and hear when the line of one of them is bad (parts loss and drop; the line is a
// relay, bad-line.mjs), when both connections of one of them start again (part restart), when media moves between the media node and direct connections (part p2p), and how long
// a join takes (part join), and how soon a layer comes back that nobody has shown (part layers). Everything runs on this machine.
import { parseArgs } from 'node:util';
import { launch } from '../../e2e/support/browser.mjs';
import { createMeeting, openProduct } from '../../e2e/support/product.mjs';
import { toneFile } from '../../e2e/support/sound-file.mjs';
import { until, Visitor } from '../../e2e/support/visitor.mjs';
import { BadLine, useLine } from '../../e2e/support/bad-line.mjs';
import { busyCamera } from '../../e2e/support/busy-camera.mjs';
import { listen, takeSilence } from './listening.mjs';
import { interceptSockets } from './sockets.mjs';

const { values } = parseArgs({ options: { json: { type: 'boolean' }, seconds: { type: 'string', default: '20' }, only: { type: 'string' } } });
const seconds = Number(values.seconds);
const busy = { frameRate: 15, lines: 540 };
const parts = { loss: () => withLine(measureLoss), drop: () => withLine(measureDrop, { senders: ['Ada', 'Eve'], isBusy: true }), restart: () => withTone(measureRestart), p2p: measureTopologies, join: measureJoins, layers: measureLayers };
if (values.only !== undefined && !(values.only in parts)) {
  console.error(`--only must be one of ${Object.keys(parts).join(', ')}`);
  process.exit(2);
}

const product = await openProduct();
const tone = await toneFile();
const browsers = await Promise.all([1, 2].map(() => launch([`--use-file-for-fake-audio-capture=${tone.path}`])));
try {
  for (const [name, measure] of Object.entries(parts)) if (values.only === undefined || values.only === name) await measure();
} finally {
  await Promise.all(browsers.map(browser => browser.close()));
  await tone.remove();
  await product.close();
}

/** Both connections of Ada start again while the former ones work: the longest silence that each of them hears. */
async function measureRestart(people, meeting, sockets) {
  const silences = [];
  for (let round = 0; round < 20; round++) {
    const before = await connections(people[0]);
    await sockets.restart();
    await until(async () => await connections(people[0]) === before + 2, 'both connections start again');
    silences.push(await settledSilence(people, 3_000));
  }
  print('restart.gap', percentile99(silences), 'ms', 100);
}

/** The longest silence that one of two people hears while media moves to the media node and back. A meeting that does it often becomes direct later and later, so there are several. */
async function measureTopologies() {
  const silences = { 'to-sfu': [], 'to-direct': [] };
  for (let count = 0; count < 3; count++) await withTone((people, meeting) => changeTopologies(people, meeting, silences), { mode: 'Auto' });
  const all = Object.entries(silences).map(([way, measured]) => {
    print(`p2p.gap.${way}`, percentile99(measured), 'ms');
    return percentile99(measured);
  });
  print('p2p.gap', Math.max(...all), 'ms', 150);
}

/** A client that cannot connect directly comes and goes twice. */
async function changeTopologies(people, meeting, silences) {
  const directDelayMs = 30_000;
  for (let round = 0; round < 2; round++) {
    await until(async () => (await Promise.all(people.map(isDirect))).every(Boolean), 'media flows directly', directDelayMs * 2);
    const toDirect = await settledSilence(people, 3_000);
    if (round > 0) silences['to-direct'].push(toDirect);
    const guest = await people[0].context.newPage();
    await guest.goto(product.url);
    await settledSilence(people, 1_000);
    await guest.evaluate(joinWithoutMedia, meeting.meetingId);
    await until(async () => !(await Promise.all(people.map(isDirect))).some(Boolean), 'media flows through the media node');
    silences['to-sfu'].push(await settledSilence(people, 8_000));
    await guest.close();
  }
}

/** The time from the click on Join, in a meeting with one participant, to the first picture of that participant. */
async function measureJoins() {
  const times = [];
  for (let round = 0; round < 20; round++) {
    const meeting = await createMeeting(product);
    const people = [];
    try {
      for (const [index, name] of ['Ada', 'Bob'].entries()) {
        people.push(await Visitor.arrive(browsers[index], product, name));
        await people[index].enter(meeting.meetingId);
      }
      let marks = {};
      await until(async () => (marks = await people[1].marks()).frame !== undefined, 'the first picture');
      times.push((marks.frame - marks.join) / 1_000);
    } finally {
      await Promise.all(people.map(person => person.close()));
    }
  }
  print('join.first-frame.p50', median(times), 's', 0.5);
  print('join.first-frame.p99', percentile99(times), 's', 1);
}

/** Bob shows Ada's camera small, so that its largest layer stops, and then large: the time from his request to the first picture of that layer in Ada's browser. */
async function measureLayers() {
  const meeting = await createMeeting(product);
  const small = { width: 400, height: 300 };
  const ada = await Visitor.arrive(browsers[0], product, 'Ada', { width: 960, frameRate: 30 });
  const bob = await Visitor.arrive(browsers[1], product, 'Bob', { deviceScaleFactor: 1, viewport: small });
  try {
    await bob.page.addInitScript(watchViews);
    for (const person of [ada, bob]) await person.enter(meeting.meetingId);
    await bob.waitForVideo('Ada');
    const times = [];
    for (let round = 0; round < 15; round++) {
      await until(async () => await ada.page.evaluate(isLargestOff), 'the largest layer stops');
      await bob.page.evaluate(() => { globalThis.viewedLarge = null; });
      const started = ada.page.evaluate(largestStarts);
      await bob.page.setViewportSize({ width: 1900, height: 1080 });
      const at = await started;
      times.push(at - await bob.page.evaluate(() => globalThis.viewedLarge));
      await bob.page.setViewportSize(small);
      await sleep(1_000);
    }
    print('layers.start.p50', median(times), 'ms');
    print('layers.start', percentile99(times), 'ms', 300);
  } finally {
    await Promise.all([ada, bob].map(person => person.close()));
  }
}

/** Runs in the page before its scripts: `globalThis.viewedLarge`, once it is set to null, becomes when it first asks for a video of more than 480 pixels, in ms since 1970. */
function watchViews() {
  const send = WebSocket.prototype.send;
  WebSocket.prototype.send = function (message) {
    const parsed = typeof message === 'string' ? JSON.parse(message) : {};
    if (parsed.type === 'view' && parsed.tracks.some(track => track.width > 480)) globalThis.viewedLarge ??= performance.timeOrigin + performance.now();
    return send.call(this, message);
  };
}

/** Runs in the page: whether the browser is told not to encode the largest layer of the camera. */
function isLargestOff() {
  return globalThis.connections.some(connection => connection.getSenders().some(sender => sender.getParameters().encodings.some(({ rid, active }) => rid === 'f' && !active)));
}

/** Runs in the page: when the next picture of the largest layer has been encoded, in ms since 1970. */
async function largestStarts() {
  const sender = globalThis.connections.flatMap(connection => connection.getSenders()).find(one => one.getParameters().encodings.some(({ rid }) => rid === 'f'));
  const encoded = async () => [...(await sender.getStats()).values()].find(({ type, rid }) => type === 'outbound-rtp' && rid === 'f')?.framesEncoded ?? 0;
  const before = await encoded();
  while (await encoded() === before) await new Promise(resolve => { setTimeout(resolve, 5); });
  return performance.timeOrigin + performance.now();
}

/** Waits, and returns the longest silence since the last call, of the person whose silence is longer. */
async function settledSilence(people, milliseconds) {
  await sleep(milliseconds);
  return Math.max(...await Promise.all(people.map(person => person.page.evaluate(takeSilence))));
}

/** Of few values, the largest. */
function percentile99(measured) {
  const sorted = measured.toSorted((a, b) => a - b);
  return sorted[Math.ceil(0.99 * sorted.length) - 1];
}

function connections(person) {
  return person.page.evaluate(() => globalThis.connections.length);
}

/** Whether the page plays the sound of a connection on which it also sends. */
function isDirect(person) {
  return person.page.evaluate(() => globalThis.connections.some(connection => connection.connectionState === 'connected'
    && connection.getTransceivers().some(({ direction, receiver }) => direction === 'sendrecv' && receiver.track === globalThis.heard.track)));
}

/** Runs in a page of the product: a client that only talks to signaling. It leaves with its page. */
async function joinWithoutMedia(meetingId) {
  const response = await fetch(`/meetings/${meetingId}/join`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ displayName: 'Eve' }) });
  const { participantId, webSocketUrl, ticket } = await response.json();
  const socket = new WebSocket(webSocketUrl, ['meet.v1', `ticket.${ticket}`]);
  await new Promise(resolve => { socket.onopen = resolve; });
  socket.send(JSON.stringify({ type: 'join', participantId }));
  globalThis.socket = socket;
  addEventListener('pagehide', () => socket.send(JSON.stringify({ type: 'leave' })));
}

/** A meeting of Ada and Bob, who both send a tone without an end. */
async function withTone(run, settings = {}) {
  const meeting = await createMeeting(product, { settings });
  const people = [];
  try {
    for (const [index, name] of ['Ada', 'Bob'].entries()) people.push(await Visitor.arrive(browsers[index], product, name));
    const sockets = await interceptSockets(people[0]);
    for (const person of people) await person.enter(meeting.meetingId);
    await Promise.all([people[0].waitForVideo('Bob'), people[1].waitForVideo('Ada')]);
    for (const person of people) await person.page.evaluate(listen);
    await settledSilence(people, 3_000);
    await run(people, meeting, sockets);
  } finally {
    await Promise.all(people.map(person => person.close()));
  }
}

/** Loss in both directions at several round trips: the share of time in which video stands still, and of sound that is made up, for the person whose share is higher. */
async function measureLoss([ada], bob, line) {
  for (const loss of [0.05, 0.1]) {
    for (const roundTrip of [50, 150, 300]) {
      Object.assign(line, { loss, delay: roundTrip / 2 });
      await sleep(8_000);
      const before = await Promise.all([ada, bob].map(received));
      await sleep(seconds * 1_000);
      const after = await Promise.all([ada, bob].map(received));
      const shares = after.map((now, i) => sharesBetween(before[i], now));
      const isLimited = loss === 0.1 && roundTrip === 50;
      const name = `${Math.round(loss * 100)}-percent.${roundTrip}-ms`;
      print(`loss.frozen.${name}`, Math.max(...shares.map(share => share.frozen)), '%', isLimited ? 2 : null);
      print(`loss.concealed.${name}`, Math.max(...shares.map(share => share.concealed)), '%', isLimited ? 3 : null);
    }
  }
}

/**
 * Bob's line of 3 Mbit/s, which the cameras of two others fill, falls to 500 kbit/s for 20 s and comes back. It has settled when its queue stays below 200 ms for a second, and
 * recovered when Bob gets the former number of lines and pictures again. The freeze is that of the camera that stands still for longer.
 */
async function measureDrop(senders, bob, line) {
  const drop = { rate: 500_000, seconds: 20 };
  Object.assign(line, { rate: 3_000_000, delay: 25 });
  await until(async () => (await received(bob)).lines >= busy.lines * senders.length, `Bob receives ${busy.lines} lines of each`, 60_000);
  await sleep(5_000);
  const rounds = [];
  for (let round = 0; round < 3; round++) {
    const earlier = await received(bob);
    await sleep(5_000);
    const before = await received(bob);
    const dropped = performance.now();
    let lastFull = dropped;
    line.rate = drop.rate;
    while (performance.now() - dropped < drop.seconds * 1_000) {
      if (line.queue > 200 && performance.now() - lastFull < 1_000) lastFull = performance.now();
      await sleep(20);
    }
    const after = await received(bob);
    const returned = performance.now();
    line.rate = 3_000_000;
    let last = await received(bob);
    await until(async () => {
      await sleep(500);
      const now = await received(bob);
      const pictures = (now.frames - last.frames) / (now.time - last.time);
      last = now;
      return now.lines >= before.lines && pictures >= 0.8 * (before.frames - earlier.frames) / (before.time - earlier.time);
    }, 'Bob receives the former size and number of pictures again', 60_000);
    const rate = (before.bytes - earlier.bytes) * 8 / 1e6 / (before.time - earlier.time);
    rounds.push({ rate, settle: (lastFull - dropped) / 1_000, freeze: Math.max(...Object.entries(after.freezes).map(([id, frozen]) => frozen - (before.freezes[id] ?? 0))), recover: (performance.now() - returned) / 1_000 });
    await sleep(10_000);
  }
  print('drop.rate', median(rounds.map(round => round.rate)), 'Mbit/s');
  const limits = { settle: 2, freeze: 0.5, recover: 10 };
  for (const [name, limit] of Object.entries(limits)) print(`drop.${name}`, median(rounds.map(round => round[name])), 's', limit);
}

function median(measured) {
  return measured.toSorted((a, b) => a - b)[Math.floor(measured.length / 2)];
}

/**
 * A meeting of Bob, whose browser uses the line, and others. With `isBusy`, the cameras of the others show pictures that need many bits, and Bob's is off, so that two cores can
 * encode them.
 */
async function withLine(run, { senders = ['Ada'], isBusy = false } = {}) {
  const line = new BadLine();
  const meeting = await createMeeting(product);
  const people = [];
  try {
    const port = await line.open();
    const options = { frameRate: isBusy ? busy.frameRate : 20, width: 640, deviceScaleFactor: 1 };
    for (const name of senders) {
      const sender = await Visitor.arrive(browsers[0], product, name, options);
      people.push(sender);
      if (isBusy) await sender.page.addInitScript(busyCamera, busy.frameRate);
      await sender.enter(meeting.meetingId);
    }
    const bob = await Visitor.arrive(browsers[1], product, 'Bob', { ...options, ...(isBusy ? { viewport: { width: 1800, height: 1000 } } : {}) });
    people.push(bob);
    await bob.page.exposeFunction('reportNode', (address, to) => line.connectTo(address, to));
    await bob.page.addInitScript(useLine, port);
    await bob.enter(meeting.meetingId);
    await Promise.all([people[0].waitForVideo('Bob'), bob.waitForSound(), ...senders.flatMap((name, index) => [bob.waitForVideo(name), people[index].waitForSound()])]);
    if (isBusy) await bob.control('camera').click();
    await run(people.slice(0, -1), bob, line);
  } finally {
    await Promise.all(people.map(person => person.close()));
    line.close();
  }
}

/** What the page has received since it joined. */
function received(person) {
  return person.page.evaluate(async () => {
    const sums = { time: performance.now() / 1_000, bytes: 0, frozen: 0, freezes: {}, frames: 0, samples: 0, concealed: 0, lines: 0 };
    for (const connection of globalThis.connections) {
      if (connection.connectionState === 'closed') continue;
      (await connection.getStats()).forEach(record => {
        if (record.type !== 'inbound-rtp') return;
        sums.frozen += record.totalFreezesDuration ?? 0;
        sums.freezes[record.id] = record.totalFreezesDuration ?? 0;
        sums.frames += record.framesDecoded ?? 0;
        sums.bytes += record.bytesReceived ?? 0;
        sums.lines += record.frameHeight ?? 0;
        sums.samples += record.totalSamplesReceived ?? 0;
        sums.concealed += (record.concealedSamples ?? 0) - (record.silentConcealedSamples ?? 0);
      });
    }
    return sums;
  });
}

function sharesBetween(before, after) {
  const frozen = after.frames === before.frames ? 100 : 100 * (after.frozen - before.frozen) / (after.time - before.time);
  return { frozen, concealed: 100 * (after.concealed - before.concealed) / (after.samples - before.samples) };
}

function print(name, value, unit, limit = null) {
  const rounded = Math.round(value * 100) / 100;
  if (values.json) console.log(JSON.stringify({ name, value: rounded, unit, peer: limit, ratio: limit === null ? null : Math.round(1_000 * value / limit) / 1_000 }));
  else console.log(`${name.padEnd(36)} ${rounded} ${unit}${limit === null ? '' : ` (limit ${limit})`}`);
}

function sleep(milliseconds) {
  return new Promise(resolve => setTimeout(resolve, milliseconds));
}
