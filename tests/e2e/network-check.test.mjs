// The network check of the page: what a person behind a firewall reads, before and in a meeting.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { launch } from './support/browser.mjs';
import { canMakeNetworks, PersonNetwork, rungs, startProductFor } from './support/person-network.mjs';
import { changeTenant, createMeeting, meetingStatus } from './support/product.mjs';
import { until } from './support/until.mjs';
import { Visitor } from './support/visitor.mjs';

const options = { timeout: 240_000 };

describe('the network check', { skip: canMakeNetworks ? false : 'network namespaces take root' }, () => {
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

  const allow = (...names) => network.allow([product.page, ...rungs(product).filter(({ name }) => names.includes(name))]);

  /** Runs the check on a page where its button is. */
  const check = async page => {
    await page.getByTestId('open-network-check').click();
    await page.getByTestId('network-check-start').click();
    await page.getByTestId('network-check-findings').waitFor({ timeout: 60_000 });
    const states = Object.fromEntries(await page.getByTestId('network-check-row').evaluateAll(rows => rows.map(row => [row.dataset.way, row.dataset.state])));
    const findings = await page.getByTestId('network-check-findings').getByRole('listitem').allTextContents();
    return { states, findings };
  };

  /** The check of a person who has given no permission, before joining. */
  const beforeJoining = async (run, isReady = () => true) => {
    const meeting = await createMeeting(product);
    await until(() => isReady(meeting), 'the meeting is as the test needs it', 60_000);
    const context = await inside.newContext({ locale: 'en-US', permissions: ['clipboard-read', 'clipboard-write'] });
    try {
      const page = await context.newPage();
      await page.goto(`${product.url}/m/${meeting.meetingId}`);
      await run(page, meeting, await check(page));
    } finally {
      await context.close();
    }
  };

  it('without UDP, a person reads before joining that it is blocked, what works, and which rule would help', options, async () => {
    allow('tcp4', 'turn-tcp', 'turn-tls');
    await beforeJoining(async (page, meeting, { states, findings }) => {
      assert.equal(states['udp-ipv4'], 'failed', JSON.stringify(states));
      assert.equal(states['tcp-ipv4'], 'connected', JSON.stringify(states));
      const works = path => Object.entries(states).some(([way, state]) => way.startsWith(path) && state === 'connected');
      assert.deepEqual(['relay-udp', 'relay-tcp', 'relay-tls'].map(works), [false, true, true], JSON.stringify(states));
      assert.match(findings[0], /^Calls work over TCP\./);
      assert.match(findings[1], new RegExp(`^Direct, UDP is blocked\\. If a firewall is the cause, allow UDP to ${network.host.ipv4.replaceAll('.', '\\.')}, ports? [\\d–, ]+\\.`));
      assert.match(await page.getByTestId('network-check-bandwidth').textContent(), /^Sending: .*bit\/s.*Receiving: at least .*bit\/s/);

      await page.getByTestId('network-check-copy').click();
      const copied = await page.evaluate(() => navigator.clipboard.readText());
      for (const text of [findings[1], 'Direct, TCP (IPv4)', 'Relay, TLS']) assert.ok(copied.includes(text), copied);

      const { participants } = await (await fetch(`${product.url}/meetings/${meeting.meetingId}`)).json();
      assert.deepEqual(participants, [], 'nobody has joined');
    });
  });

  it('where only a relay over TLS gets through, a person reads that it does, and the rules in the order of their use', options, async () => {
    allow('turn-tls');
    await beforeJoining(async (page, meeting, { states, findings }) => {
      const [working, ...more] = Object.entries(states).filter(([, state]) => state === 'connected').map(([way]) => way);
      assert.match(working, /^relay-tls/, JSON.stringify(states));
      assert.deepEqual(more, []);
      assert.match(findings[0], /^Calls work through a relay over TLS\./);
      assert.match(findings[1], /allow UDP to/);
      assert.match(findings[2], /Allowing TCP to/);
    });
  });

  it('where only the page gets through, a person reads that calls do not work', options, async () => {
    allow();
    await beforeJoining(async (page, meeting, { states, findings }) => {
      assert.ok(Object.values(states).every(state => state === 'failed'), JSON.stringify(states));
      assert.match(findings[0], /^Calls do not work/);
      assert.match(findings[1], /allow UDP to/);
      assert.ok(findings.some(text => /do not allow tunnels/.test(text)), findings.join(' '));
    });
  });

  it('where only the page gets through and the tenant allows tunnels, a person reads that one works, and how fast it is', options, async t => {
    allow();
    changeTenant(product, { connectivity: { tunnel: 'LastResort' } });
    try {
      await beforeJoining(async (page, meeting, { states, findings }) => {
        assert.deepEqual(Object.keys(states).filter(way => states[way] === 'connected'), ['tunnel'], JSON.stringify(states));
        assert.match(findings[0], /^Calls work on a tunnel through the web server/);
        assert.match(findings[1], /allow UDP to/);
        const row = await page.locator('[data-way=tunnel]').textContent();
        t.diagnostic(row);
        assert.match(row, /works\d+ ms\d+ ms–$/);
        const rates = await page.getByTestId('network-check-bandwidth').textContent();
        t.diagnostic(rates);
        assert.match(rates, /^Sending: [\d.]+ Mbit\/s\. Receiving: [\d.]+ Mbit\/s\.$/);
      }, ({ meetingId }) => meetingStatus(product, meetingId).assignments?.[0]?.connectivity?.tunnel === 'LastResort');
    } finally {
      changeTenant(product, { connectivity: { tunnel: 'Denied' } });
    }
  });

  it('where the tenant allows relays only, nothing else is tried, and a person reads why', options, async t => {
    allow('udp4', 'tcp4', 'turn-udp', 'turn-tcp');
    changeTenant(product, { connectivity: { forceRelay: true } });
    try {
      await beforeJoining(async (page, meeting, { states, findings }) => {
        assert.deepEqual(Object.keys(states).filter(way => !way.startsWith('relay')), []);
        assert.match(findings[0], /^Calls work through a relay over UDP\./, JSON.stringify(states));
        assert.ok(!findings.some(text => /blocked/.test(text)), findings.join(' '));
        assert.ok(findings.some(text => /allow relays only/.test(text)), findings.join(' '));
        const bandwidth = await page.getByTestId('network-check-bandwidth').textContent();
        t.diagnostic(`${bandwidth} ${findings.join(' ')}`);
        assert.match(bandwidth, /^Sending: .*bit\/s/);
      }, ({ meetingId }) => meetingStatus(product, meetingId).assignments?.[0]?.connectivity?.forceRelay === true);
    } finally {
      changeTenant(product, { connectivity: { forceRelay: false } });
    }
  });

  it('in a meeting, it leaves the call as it is', options, async () => {
    allow('udp4', 'tcp4');
    const meeting = await createMeeting(product);
    const people = [];
    try {
      people.push(await Visitor.arrive(inside, product, 'Ada'), await Visitor.arrive(outside, product, 'Bob'));
      for (const person of people) await person.enter(meeting.meetingId);
      const [ada, bob] = people;
      await ada.waitForVideo('Bob');
      await ada.page.getByTestId('quality').click();
      await ada.page.getByTestId('open-statistics').click();
      const { states, findings } = await check(ada.page);
      assert.equal(states['udp-ipv4'], 'connected', JSON.stringify(states));
      assert.match(findings[0], /directly over UDP/);
      // A busy machine may answer late and lose packets, but the line is wide.
      assert.ok(!findings.some(text => /^The line (sends|receives) only/.test(text)), `the line is not narrow: ${findings.join(' ')}`);
      await Promise.all([ada.waitForVideo('Bob'), bob.waitForVideo('Ada')]);
      assert.equal(await bob.page.getByTestId('count').textContent(), await ada.page.getByTestId('count').textContent());
      const { participants } = await (await fetch(`${product.url}/meetings/${meeting.meetingId}`)).json();
      assert.equal(participants.length, 2);
    } finally {
      await Promise.all(people.map(person => person.close()));
    }
  });
});
