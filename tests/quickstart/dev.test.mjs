// Which parts `./meet dev` builds and restarts after a change.
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { affectedParts, buildTarget, FOLDERS, isSkipped, needsRestore, PARTS } from '../../tools/dev/parts.mjs';
import { watchFolders } from '../../tools/dev/watch.mjs';
import { readTree } from '../../tools/test/tree.mjs';

const root = new URL('../..', import.meta.url).pathname;
const { projects } = readTree(root);

describe('affected parts', () => {
  test('every part is a project', () => {
    for (const { project } of Object.values(PARTS)) assert.ok(projects.some(each => each.folder === project), project);
  });

  for (const [path, parts] of [
    ['operator/MeetOperator.Operator/Any.cs', ['operator']],
    ['operator/MeetOperator.Operator/Admission/MeetAdmission.cs', ['host', 'operator']],
    ['operator/MeetOperator.Placement/Any.cs', ['operator']],
    ['operator/MeetOperator.Local/Any.cs', ['host']],
    ['signaling/MeetOperator.Signaling.Data/Migrations/sqlite/1.sql', ['signaling']],
    ['media-node/MeetOperator.Rtp/Any.cs', ['media-node']],
    ['media-node/MeetOperator.NodeControl/Any.cs', ['operator', 'signaling', 'media-node', 'turn']],
    ['turn/MeetOperator.Turn/Any.cs', ['turn']],
    ['turn/MeetOperator.TurnControl/Any.cs', ['operator', 'turn']],
    ['turn/MeetOperator.Stun/Any.cs', ['operator', 'turn']],
    ['media-node/MeetOperator.Probe/Any.cs', []],
    ['crds/MeetOperator.Contracts/Any.cs', ['host', 'operator', 'signaling']],
    ['kube/MeetOperator.Kube.ApiServer/Any.cs', ['host']],
    ['infra/runtime/Process.props', ['operator', 'signaling', 'media-node', 'turn']],
    ['crds/meetings.meetoperator.io.yaml', ['host']],
    ['crds/samples/meeting.yaml', []],
    ['operator/README.md', []],
    ['operator/MeetOperator.Operator/obj/Debug/Any.cs', []],
    ['operator/MeetOperator.Operator/.Any.cs.swp', []],
  ]) {
    test(`${path} affects ${parts.join(', ') || 'nothing'}`, () => assert.deepEqual(affectedParts([path], projects), parts));
  }

  test('several changes are one build of everything', () => {
    const parts = affectedParts(['signaling/MeetOperator.Signaling/Any.cs', 'operator/MeetOperator.Operator/Any.cs'], projects);
    assert.deepEqual(parts, ['operator', 'signaling']);
    assert.equal(buildTarget(parts), 'tools/products.slnf');
    assert.equal(buildTarget(['signaling']), 'signaling/MeetOperator.Signaling');
  });

  test('packages are restored only when projects change', () => {
    assert.equal(needsRestore(['operator/MeetOperator.Operator/Any.cs']), false);
    assert.equal(needsRestore(['operator/MeetOperator.Operator/MeetOperator.Operator.csproj']), true);
  });
});

describe('watch', () => {
  async function withWatch(run) {
    const folder = mkdtempSync(join(tmpdir(), 'watch-'));
    for (const name of ['crds/deep', 'crds/obj']) mkdirSync(join(folder, name), { recursive: true });
    const seen = new Set();
    const wakers = [];
    const end = watchFolders(folder, ['crds'], isSkipped, paths => {
      for (const path of paths) seen.add(path);
      for (const wake of wakers.splice(0)) wake();
    });
    const saw = async path => { while (!seen.has(path)) await new Promise(resolve => { wakers.push(resolve); }); };
    try {
      await run(folder, saw, seen);
    } finally {
      end();
      rmSync(folder, { recursive: true });
    }
  }

  test('files that are written or replaced by a rename are reported, and build output is not', { timeout: 60_000 }, () => withWatch(async (folder, saw, seen) => {
    writeFileSync(join(folder, 'crds/obj/built.cs'), '');
    writeFileSync(join(folder, 'crds/deep/first.cs'), '');
    await saw('crds/deep/first.cs');
    writeFileSync(join(folder, 'replacement'), 'new');
    renameSync(join(folder, 'replacement'), join(folder, 'crds/deep/second.cs'));
    await saw('crds/deep/second.cs');
    assert.ok(!seen.has('crds/obj/built.cs'));
  }));

  test('a file in a folder that was created later is reported', { timeout: 60_000 }, () => withWatch(async (folder, saw) => {
    mkdirSync(join(folder, 'crds/new'));
    await saw('crds/new');
    writeFileSync(join(folder, 'crds/new/third.cs'), '');
    await saw('crds/new/third.cs');
  }));

  test('the watched folders exist', () => assert.doesNotThrow(() => watchFolders(root, FOLDERS, isSkipped, () => {})()));
});
