import assert from 'node:assert/strict';
import { test } from 'node:test';
import { commandBlocks, runnable } from './blocks.mjs';

test('only sh blocks are returned, with their line numbers', () => {
  const text = 'a\n```sh\none\ntwo\n```\n```yaml\nx: 1\n```\n```sh\nthree\n```\n';
  assert.deepEqual(commandBlocks(text), [{ line: 3, commands: 'one\ntwo' }, { line: 10, commands: 'three' }]);
});

test('an unclosed code block is an error', () => assert.throws(() => commandBlocks('```sh\nx'), /line 2 is not closed/));

test('only the line ./meet test is left out', () => assert.equal(runnable('./meet down\n./meet test\n./meet test unit'), './meet down\n./meet test unit'));
