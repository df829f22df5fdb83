// `kubectl meet` as one file on the PATH, run by people who have the ClusterRoles view and edit of Kubernetes in the namespace of their tenant, and nothing else.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { clusterRoom } from './support/cluster-room.mjs';
import { apply, get, kubectl, run, until } from './support/kubectl.mjs';
import { LightPeople } from './support/light-people.mjs';

describe('kubectl meet', () => {
  const room = clusterRoom({ browsers: 1, ports: { min: 43940, max: 43955 }, pool: { drain: { policy: 'Wait', deadlineSeconds: 900 } } });
  const options = { timeout: 180_000 };
  let folder, meeting, node;

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'kubectl-meet-'));
    // The command of docs/kubectl-meet.md writes one file and changes nothing that is in Git.
    const guide = await readFile('docs/kubectl-meet.md', 'utf8');
    const install = /^dotnet publish .*$/m.exec(guide)[0].replace('~/.local/bin', folder);
    await run('bash', ['-ec', `copy=$(mktemp -d); trap 'rm -rf $copy' EXIT; git clone -q . $copy; cd $copy; ${install}; test -z "$(git status --porcelain)"`]);
    assert.deepEqual(await readdir(folder), ['kubectl-meet']);
    meeting = await room.meeting();
    node = await room.nodeOf(meeting);
    // Without people, the media node would be empty, and so removed, at the moment it drains.
    await (await LightPeople.open(room.browsers[0], room.product.url)).join(meeting.meetingId, 'Ada');
    for (const role of ['view', 'edit']) await hire(role);
  }, { timeout: 420_000 });
  after(() => rm(folder, { recursive: true, force: true }));

  /** A ServiceAccount with a role in the namespace of the tenant, and a kubeconfig with its token. */
  async function hire(role) {
    await kubectl('create', 'serviceaccount', role, '-n', room.namespace);
    await kubectl('create', 'rolebinding', role, '-n', room.namespace, `--clusterrole=${role}`, `--serviceaccount=${room.namespace}:${role}`);
    await apply({ apiVersion: 'v1', kind: 'Secret', type: 'kubernetes.io/service-account-token', metadata: { name: `${role}-token`, namespace: room.namespace, annotations: { 'kubernetes.io/service-account.name': role } } });
    let token;
    await until(async () => (token = (await get('secret', `${role}-token`, '-n', room.namespace)).data?.token) !== undefined, 'the token exists');
    const config = JSON.parse(await kubectl('config', 'view', '--raw', '--minify', '-o', 'json'));
    config.users = [{ name: role, user: { token: Buffer.from(token, 'base64').toString() } }];
    config.contexts = [{ name: role, context: { cluster: config.clusters[0].name, user: role, namespace: room.namespace } }];
    config['current-context'] = role;
    await writeFile(join(folder, role), JSON.stringify(config), { mode: 0o600 });
  }

  /** Runs `kubectl meet`. Returns the exit code and what it printed. */
  const as = (role, ...args) => new Promise(resolve => {
    const env = { ...process.env, PATH: `${folder}:${process.env.PATH}`, KUBECONFIG: join(folder, role) };
    execFile('kubectl', ['meet', ...args], { env, timeout: 60_000 }, (error, out, err) => resolve({ code: error?.code ?? 0, out, err }));
  });

  it('is found by kubectl, and is one file', options, async () => {
    const plugins = await new Promise(resolve => execFile('kubectl', ['plugin', 'list'], { env: { ...process.env, PATH: `${folder}:${process.env.PATH}` } }, (_, out) => resolve(out)));
    assert.match(plugins, new RegExp(`${folder}/kubectl-meet`));
    const { code, out } = await as('edit', '--help');
    assert.equal(code, 0);
    assert.match(out, /support-bundle/);
  });

  it('shows somebody with the role edit the tenant, a meeting and what a drain would do', options, async () => {
    const status = await as('edit', 'status', '-o', 'json');
    assert.equal(status.code, 0, status.out + status.err);
    const why = await as('edit', 'why', meeting.name);
    assert.equal(why.code, 0, why.err);
    assert.match(why.out, new RegExp(`On +${room.namespace}/${node}`));
    assert.match(why.out, /Media nodes\n/);
    const topology = await as('edit', 'topology', meeting.name);
    assert.equal(topology.code, 0, topology.err);
    assert.match(topology.out, new RegExp(node));
    const plan = await as('edit', 'plan', 'drain', node);
    assert.equal(plan.code, 0, plan.out + plan.err);
    assert.match(plan.out, new RegExp(meeting.name));
  });

  it('shows somebody with the role view the media nodes, says what they may not read, and refuses a drain', options, async () => {
    const status = await as('view', 'status');
    assert.match(status.out, /Media nodes +2 of 2/, status.out + status.err);
    const why = await as('view', 'why', meeting.name);
    assert.notEqual(why.code, 0);
    assert.match(why.err, /meetings are not readable/);
    const drained = await as('view', 'drain', node);
    assert.notEqual(drained.code, 0);
    assert.match(drained.err, /you may not do this: .*sfunodes/);
    assert.equal((await get('sfunode', node, '-n', room.namespace)).spec.drain, undefined);
  });

  it('lets somebody with the role edit move a meeting, drain a media node, and take the drain back', options, async () => {
    const other = (await get('sfunodes', '-n', room.namespace)).map(one => one.metadata.name).find(name => name !== node);
    const moved = await as('edit', 'move', meeting.name, '--to', other, '--wait', '--timeout', '60s');
    assert.equal(moved.code, 0, moved.out + moved.err);
    assert.equal(await room.nodeOf(meeting), other);
    const drain = async () => (await get('sfunode', other, '-n', room.namespace)).spec.drain;
    const drained = await as('edit', 'drain', other, '--reason', 'maintenance');
    assert.equal(drained.code, 0, drained.err);
    assert.equal((await drain())?.reason, 'maintenance');
    const back = await as('edit', 'undrain', other);
    assert.equal(back.code, 0, back.err);
    // The pool may already have another media node in its place, and then removes one of them.
    assert.notEqual((await drain())?.reason, 'maintenance');
  });

  it('shows nobody the objects of another tenant', options, async () => {
    for (const role of ['view', 'edit']) {
      const { code, out, err } = await as(role, 'status', '-n', 'meet-system');
      assert.notEqual(code, 0, out);
      assert.match(err, /may not read/);
    }
  });

  it('puts no secret into the support bundle of an engineer', options, async () => {
    const file = join(folder, 'bundle.tar.gz');
    const { code, err } = await as('edit', 'support-bundle', '-f', file);
    assert.equal(code, 0, err);
    assert.match(await run('tar', ['-tzf', file]), /about\.txt/);
    const text = await run('tar', ['-xOzf', file]);
    assert.ok(text.includes(meeting.name), 'it contains the meeting');
    const { meetingId } = meeting;
    const { token } = JSON.parse(await readFile(join(folder, 'edit'), 'utf8')).users[0].user;
    for (const [what, secret] of [['the token of the engineer', token], ['the ID of the meeting', meetingId]]) assert.ok(!text.includes(secret), `it does not contain ${what}`);
  });
});
