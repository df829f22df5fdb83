// Attacks on the coturn in the image, which is a later release than that of many machines.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { imagePrograms } from './support/image-programs.mjs';
import { run } from './support/kubectl.mjs';

describe('the coturn of the image', () => {
  const programs = ['turnserver', 'turnutils_uclient'];
  let folder;
  before(() => { folder = mkdtempSync(join(tmpdir(), 'meet-coturn-')); });
  after(() => rmSync(folder, { recursive: true, force: true }));

  // The same tests run with the coturn of this machine in tests/turn, which is an earlier release.
  it('refuses every attack of docs/media/relay-abuse.md', { timeout: 900_000 }, async t => {
    const { path, started } = await imagePrograms('turn', programs, folder);
    const version = (await run(join(path, 'turnserver'), ['--version'])).trim();
    t.diagnostic(`coturn ${version}`);
    assert.match(version, /^4\.(1[0-9]|[2-9][0-9])\./, 'the release of the image');
    const attacks = JSON.parse(await run('env', [`PATH=${path}:${process.env.PATH}`, './meet', 'bench', 'network', '--only', 'abuse', '--json']));
    t.diagnostic(JSON.stringify(attacks));
    assert.ok(attacks.value >= 130 && attacks.value === attacks.peer, JSON.stringify(attacks));
    assert.deepEqual(await started(), programs);
  });
});
