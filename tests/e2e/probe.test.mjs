// The probe, with which administrators check whether media passes through an installation.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { createServer } from 'node:http';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { nodeFigures } from './support/media-node.mjs';
import { openProduct } from './support/product.mjs';
import { until } from './support/visitor.mjs';

const program = fileURLToPath(new URL('../../media-node/MeetOperator.Probe/bin/Release/net10.0/MeetOperator.Probe.dll', import.meta.url));
const options = { timeout: 120_000 };

function probe(...args) {
  return new Promise(resolve => {
    execFile('dotnet', [program, ...args], { timeout: 110_000, killSignal: 'SIGKILL' }, (error, stdout, stderr) => resolve({ code: error ? error.code : 0, stdout, stderr }));
  });
}

describe('the probe', () => {
  let product;
  before(async () => { product = await openProduct(); }, options);
  after(async () => { await product?.close(); });

  it('the probe sends sound and video through the media node and leaves no participants behind', options, async () => {
    const { code, stdout, stderr } = await probe('--url', product.url, '--seconds', '3', '--timeout', '90');

    assert.equal(code, 0, stdout + stderr);
    for (const kind of ['audio', 'video']) {
      const [, sent, received] = new RegExp(`^${kind} +(\\d+) +(\\d+)`, 'm').exec(stdout);
      assert.ok(Number(sent) > 50 && Number(received) >= Number(sent) * 0.9, stdout);
    }

    await until(async () => (await nodeFigures(product)).participants === 0, 'the media nodes have no participants left', 45_000);
  });

  it('the probe names the step that fails', options, async () => {
    const rejected = await probe('--url', product.url, '--api-key', 'invalid-key', '--timeout', '8');
    assert.equal(rejected.code, 1);
    assert.match(rejected.stderr, /create the meeting.*401/s);

    const unreachable = await probe('--url', 'http://127.0.0.1:9', '--timeout', '1');
    assert.equal(unreachable.code, 1);
    assert.match(unreachable.stderr, /create the meeting.*127\.0\.0\.1:9/s);

    assert.equal((await probe('--url', 'nowhere')).code, 2);
  });

  it('the probe reports that UDP is blocked', options, async () => {
    // A server whose media node has an address on which no process listens.
    const sdp = 'v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\na=group:BUNDLE 0 1\r\nm=audio 9 UDP/TLS/RTP/SAVPF 111\r\na=mid:0\r\na=ice-ufrag:abcd\r\n' +
      `a=ice-pwd:${'p'.repeat(24)}\r\na=fingerprint:sha-256 ${Array(32).fill('AA').join(':')}\r\na=setup:passive\r\na=candidate:1 1 udp 2130706431 127.0.0.1 9 typ host\r\n`;
    const server = createServer((request, response) => {
      const json = body => { response.writeHead(201, { 'content-type': 'application/json' }).end(JSON.stringify(body)); };
      if (request.url.endsWith('/whip')) response.writeHead(201, { 'content-type': 'application/sdp' }).end(sdp);
      else if (request.url.endsWith('/join')) json({ participantId: 'p', ticket: 't' });
      else json({ meetingId: 'm', hostToken: 'h' });
    });
    await new Promise(resolve => { server.listen(0, '127.0.0.1', resolve); });
    try {
      const { code, stderr } = await probe('--url', `http://127.0.0.1:${server.address().port}`, '--timeout', '8');
      assert.equal(code, 1);
      assert.match(stderr, /the publisher.*no UDP response from 127\.0\.0\.1:9/s);
    } finally {
      server.close();
    }
  });
});
