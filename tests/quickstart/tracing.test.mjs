// Traces of a whole installation, received over OTLP as a collector receives them.
import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { after, before, describe, test } from 'node:test';
import { createMeeting, startProduct } from '../e2e/support/product.mjs';
import { until } from '../e2e/support/until.mjs';
import { WhipHttp } from '../e2e/support/whip-http.mjs';

/** Repeats an action that the server rejects with 503 while the installation is starting. */
async function retried(action) {
  let result;
  await until(async () => {
    result = await action().catch(error => {
      if (!/responded with 503/.test(error.message)) throw error;
      return undefined;
    });
    return result !== undefined;
  }, 'the installation accepts the request');
  return result;
}

/** The fields of a protobuf message, by number: bytes as Buffer, numbers as bigint. */
function fields(message) {
  const found = {};
  let at = 0;
  const varint = () => {
    let [value, shift] = [0n, 0n];
    for (;;) {
      const byte = message[at++];
      value |= BigInt(byte & 127) << shift;
      if (byte < 128) return value;
      shift += 7n;
    }
  };
  while (at < message.length) {
    const key = Number(varint());
    let value;
    if ((key & 7) === 0) value = varint();
    else if ((key & 7) === 1) value = message.subarray(at, at += 8);
    else if ((key & 7) === 5) value = message.subarray(at, at += 4);
    else { const length = Number(varint()); value = message.subarray(at, at += length); }
    (found[key >> 3] ??= []).push(value);
  }
  return found;
}

const attributes = list => Object.fromEntries((list ?? []).map(fields).map(pair => [pair[1][0].toString(), fields(pair[2][0])[1]?.[0].toString()]));

/** The spans of an ExportTraceServiceRequest (opentelemetry-proto, collector/trace/v1). */
function spansOf(request) {
  return (fields(request)[1] ?? []).map(fields).flatMap(resource => {
    const service = attributes(fields(resource[1][0])[1])['service.name'];
    return (resource[2] ?? []).map(fields).flatMap(scope => (scope[2] ?? []).map(fields)).map(span => ({
      service, trace: span[1][0].toString('hex'), id: span[2][0].toString('hex'), parent: span[4]?.[0].toString('hex') ?? '', name: span[5][0].toString(), kind: Number(span[6]?.[0] ?? 0), attributes: attributes(span[9]),
    }));
  });
}

async function collector() {
  const received = [];
  const server = createServer((request, response) => {
    const chunks = [];
    request.on('data', chunk => chunks.push(chunk)).on('end', () => {
      received.push(Buffer.concat(chunks));
      response.writeHead(200, { 'content-type': 'application/x-protobuf' }).end();
    });
  });
  await new Promise(resolve => { server.listen(0, '127.0.0.1', resolve); });
  return { url: `http://127.0.0.1:${server.address().port}`, bytes: () => Buffer.concat(received), spans: () => received.flatMap(spansOf), close: () => { server.closeAllConnections(); server.close(); } };
}

describe('tracing', () => {
  const foreign = '4bf92f3577b34da6a3ce929d0e0e4736';
  const secrets = [];
  let [traces, product] = [];

  before(async () => {
    traces = await collector();
    product = await startProduct({ OTEL_EXPORTER_OTLP_ENDPOINT: traces.url, OTEL_EXPORTER_OTLP_PROTOCOL: 'http/protobuf', OTEL_BSP_SCHEDULE_DELAY: '500' });

    const meeting = await retried(() => createMeeting(product));
    const whip = new WhipHttp(product, meeting.meetingId);
    const { ticket, participantId } = await retried(() => whip.join('Ada Tracewell'));
    secrets.push(meeting.meetingId, meeting.hostToken, ticket, participantId);
    await fetch(`${product.url}/meetings/${meeting.meetingId}`, { headers: { traceparent: `00-${foreign}-00f067aa0ba902b7-01` } });
    const offer = ['v=0', 'o=- 1 1 IN IP4 127.0.0.1', 's=-', 't=0 0', 'a=group:BUNDLE 0', 'm=audio 9 UDP/TLS/RTP/SAVPF 111', 'c=IN IP4 0.0.0.0', 'a=mid:0', 'a=sendonly', 'a=rtcp-mux', 'a=rtpmap:111 opus/48000/2',
      'a=ice-ufrag:abcd', `a=ice-pwd:${'p'.repeat(24)}`, `a=fingerprint:sha-256 ${Array(32).fill('AA').join(':')}`, 'a=setup:actpass', ''].join('\r\n');
    let location;
    await until(async () => {
      const response = await whip.post('whip', ticket, offer);
      location = response.headers.get('location');
      if (![201, 409, 429, 503].includes(response.status)) throw new Error(`POST whip responded with ${response.status}: ${await response.text()}`);
      return response.status === 201;
    }, 'the offer is answered');
    await whip.end(new URL(location, product.url), ticket);
    secrets.push(location.split('/').at(-1), 'Tracewell');
    const named = (service, name) => traces.spans().some(span => span.service === service && name.test(span.name));
    await until(() => named('meet-media-node', /loop work/) && named('meet-signaling', /^POST .*whip/) && named('meet-signaling', /^DELETE .*whip/) && named('meet-operator', /reconcile meeting/), 'the spans of all processes arrive');
  }, { timeout: 180_000 });

  after(async () => {
    await product?.close();
    traces?.close();
  });

  const chain = span => {
    const all = traces.spans();
    const names = [];
    for (let at = span; at; at = all.find(one => one.trace === at.trace && one.id === at.parent)) names.push(at.service);
    return [...new Set(names)];
  };
  const chains = service => traces.spans().filter(span => span.service === service).map(span => chain(span).join(' < '));

  test('the work of a media node belongs to the request that caused it', async () => {
    await until(() => chains('meet-media-node').includes('meet-media-node < meet-signaling'), 'a request to signaling leads to the media node');
    await until(() => chains('meet-media-node').includes('meet-media-node < meet-operator'), 'a reconcile leads to the media node');
  });

  test('polls, health checks and metrics leave no spans', async () => {
    assert.equal((await fetch(`${product.url}/healthz`)).status, 200);
    assert.equal((await fetch(`${product.url}/openapi/v1.json`)).status, 200);
    await until(() => traces.spans().some(span => span.service === 'meet-signaling' && span.attributes['url.path'] === '/openapi/v1.json'), 'the span of a later request arrives');
    assert.deepEqual(traces.spans().filter(span => /^\/(healthz|readyz|metrics)$/.test(span.attributes['url.path'] ?? '')), []);
    // A poll is a call without a parent, and a request without a parent at the media node.
    assert.deepEqual(traces.spans().filter(span => span.kind === 3 && span.parent === ''), []);
    const traced = new Set();
    const orphans = () => {
      for (const span of traces.spans()) if (span.service !== 'meet-media-node') traced.add(span.trace);
      return traces.spans().filter(span => span.service === 'meet-media-node' && !traced.has(span.trace));
    };
    await until(() => orphans().length === 0, 'every span of a media node belongs to a trace of another process');
  });

  test('spans contain no meeting ID, no participant and no token', () => {
    const bytes = traces.bytes().toString('latin1').toLowerCase();
    assert.deepEqual(secrets.filter(secret => bytes.includes(secret.toLowerCase())), []);
    assert.match(bytes, /id:[0-9a-f]{12}/);
  });

  test('a client cannot choose the trace of its request', async () => {
    await until(() => traces.spans().some(span => span.service === 'meet-signaling' && span.name.startsWith('GET ') && span.attributes['url.path']?.startsWith('/meetings/')), 'the span of the request arrives');
    assert.deepEqual(traces.spans().filter(span => span.trace === foreign), []);
  });
});
