import { execFileSync, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { until } from './until.mjs';

const root = fileURLToPath(new URL('../../..', import.meta.url));

/** The product under test: the one at MEET_URL, or a new one with additional environment variables that is stopped with the tests. */
export async function openProduct(variables = {}) {
  if (process.env.MEET_URL) return { url: process.env.MEET_URL.replace(/\/$/, ''), home: process.env.MEET_HOME ?? null, close: async () => {} };
  return startProduct(variables);
}

/** Starts an installation with additional environment variables. */
export async function startProduct(variables = {}) {
  const home = await mkdtemp(join(tmpdir(), 'meet-e2e-'));
  const port = await freePort();
  const environment = { ...process.env, ...variables, MEET_HOME: home, MEET_PORT: String(port) };
  await meet(['up', '--detach'], environment);
  return {
    url: `http://localhost:${port}`,
    home,
    close: async () => {
      await meet(['down'], environment);
      await rm(home, { recursive: true, force: true });
    },
  };
}

function meet(args, env) {
  return new Promise((resolve, reject) => {
    const child = spawn('./meet', args, { cwd: root, env, stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) stream.on('data', data => { output += data; });
    child.on('error', reject);
    child.on('close', code => (code === 0 ? resolve(output) : reject(new Error(`./meet ${args.join(' ')} exited with ${code}:\n${output.slice(-4000)}`))));
  });
}

/** A free TCP port of this machine. */
export function freePort() {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.on('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const { port } = probe.address();
      probe.close(() => resolve(port));
    });
  });
}

/** Creates a meeting whose media always flows through the media node, unless the settings say otherwise: a test must not change its path after a while. */
export async function createMeeting(product, { settings, ...request } = {}) {
  const response = await fetch(`${product.url}/meetings`, {
    method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ title: 'Browser test', settings: { mode: 'Sfu', ...settings }, ...request }),
  });
  const body = await response.json();
  if (response.status !== 201) throw new Error(`POST /meetings responded with ${response.status}: ${JSON.stringify(body)}`);
  return body;
}

/** Creates a meeting with settings that only the Meeting object has, as kubectl does. Returns its ID for links. */
export async function applyMeeting(product, spec) {
  const name = `m-${randomUUID().slice(0, 8)}`;
  const kubectl = (args, input) => runKubectl(product, args, input);
  kubectl(['apply', '-f', '-'], JSON.stringify({ apiVersion: 'meetoperator.io/v1alpha1', kind: 'Meeting', metadata: { name }, spec: { tenantRef: { name: 'default' }, mode: 'Sfu', ...spec } }));
  let meetingId = '';
  await until(() => (meetingId = kubectl(['get', 'meeting', name, '-o', 'jsonpath={.status.meetingId}'])) !== '', 'the meeting has an ID');
  return meetingId;
}

/** Changes the spec of a meeting, as somebody with kubectl does. */
export function changeMeeting(product, meetingId, spec) {
  runKubectl(product, ['patch', 'meeting', findMeeting(product, meetingId).metadata.name, '--type=merge', '-p', JSON.stringify({ spec })]);
}

/** Changes the spec of the tenant, as an administrator with kubectl does. */
export function changeTenant(product, spec) {
  runKubectl(product, ['patch', 'tenant', 'default', '--type=merge', '-p', JSON.stringify({ spec })]);
}

/** The status of a meeting, as kubectl shows it. */
export const meetingStatus = (product, meetingId) => findMeeting(product, meetingId).status;

function findMeeting(product, meetingId) {
  const { items } = JSON.parse(runKubectl(product, ['get', 'meetings', '-o', 'json']));
  return items.find(({ status }) => status?.meetingId === meetingId);
}

function runKubectl(product, args, input) {
  return execFileSync('kubectl', ['--kubeconfig', `${product.home}/kubeconfig`, '-n', 'meet-default', ...args], { encoding: 'utf8', input });
}

export async function hostCall(product, meeting, method, path = '', body = undefined) {
  const response = await fetch(`${product.url}/meetings/${meeting.meetingId}${path}`, {
    method,
    headers: { authorization: `Bearer ${meeting.hostToken}`, ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  if (!response.ok) throw new Error(`${method} ${path} responded with ${response.status}: ${await response.text()}`);
}
