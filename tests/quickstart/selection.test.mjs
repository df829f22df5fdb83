// Which suites, projects and files `./meet test` chooses.
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { describe, test } from 'node:test';
import { CALLS, LANES, LIGHT, stages } from '../../tools/test/lanes.mjs';
import { FAST, fast, fromArguments, fromChanges, lines, suiteNames } from '../../tools/test/selection.mjs';
import { dependents, readTree } from '../../tools/test/tree.mjs';

const root = new URL('../..', import.meta.url).pathname;
const real = readTree(root);

const project = (folder, name, references = [], classes = []) => ({ path: `${folder}/${name}/${name}.csproj`, folder: `${folder}/${name}`, name, references, classes });

const tree = {
  projects: [
    project('media-node', 'MeetOperator.Rtp'),
    project('media-node', 'MeetOperator.Sfu', ['MeetOperator.Rtp']),
    project('tests/Architecture', 'MeetOperator.Architecture.Tests', [], ['DocumentTests']),
    project('tests/conformance', 'MeetOperator.Conformance.Tests'),
    project('tests/media', 'MeetOperator.Rtp.Tests', ['MeetOperator.Rtp'], ['ReaderTests', 'HistoryTests']),
    project('tests/media', 'MeetOperator.Sfu.Tests', ['MeetOperator.Sfu'], ['ForwarderTests', 'HistoryTests']),
    project('tests/operator', 'MeetOperator.Placement.Tests'),
  ],
  files: ['tests/cluster/upgrade.test.mjs', 'tests/e2e/meeting.test.mjs', 'tests/e2e/recovery.test.mjs', 'web/client/test/chat.test.ts'],
};

const path = name => tree.projects.find(each => each.name === `MeetOperator.${name}`).path;
const argumentLines = (...args) => lines(fromArguments(args, tree));

describe('arguments', () => {
  test('without arguments every suite runs, each as a whole', () => {
    assert.deepEqual(fromArguments([], tree).map(each => each.suite), suiteNames());
    assert.ok(argumentLines().includes('unit\t\t'));
  });

  test('a word selects the projects whose name contains it, in any case', () => assert.deepEqual(argumentLines('unit', 'placement'), [`unit\t${path('Placement.Tests')}\t`]));

  test('a word that names no project selects classes in every project that has one', () =>
    assert.deepEqual(argumentLines('unit', 'History'), [`unit\t${path('Rtp.Tests')}\tFullyQualifiedName~History`, `unit\t${path('Sfu.Tests')}\tFullyQualifiedName~History`]));

  test('a named project runs completely, whatever other words say', () => {
    assert.deepEqual(argumentLines('unit', 'Rtp', 'Reader'), [`unit\t${path('Rtp.Tests')}\t`]);
    assert.deepEqual(argumentLines('unit', 'Reader', 'Rtp'), [`unit\t${path('Rtp.Tests')}\t`]);
  });

  test('several classes of one project are one filter', () =>
    assert.deepEqual(argumentLines('unit', 'Reader', 'History').slice(0, 1), [`unit\t${path('Rtp.Tests')}\tFullyQualifiedName~Reader|FullyQualifiedName~History`]));

  test('words belong to the suite before them', () =>
    assert.deepEqual(argumentLines('unit', 'Placement', 'browser', 'recovery', 'verify'), [`unit\t${path('Placement.Tests')}\t`, 'browser\ttests/e2e/recovery.test.mjs\t', 'verify\t\t']));

  test('a suite of one project is that project', () => assert.deepEqual(argumentLines('architecture'), [`architecture\t${path('Architecture.Tests')}\t`]));

  for (const [args, message] of [
    [['nothing'], /^unknown suite 'nothing'; known suites: cluster unit .* conformance, and fast$/],
    [['unit', 'nothing'], /^no project and no test class of suite unit contains 'nothing'; projects: Conformance Rtp Sfu Placement$/],
    [['browser', 'nothing'], /^no test file of suite browser contains 'nothing'; there are: meeting recovery$/],
    [['browser', 'recovery', 'nothing'], /contains 'nothing'/],
    [['verify', 'roles'], /^suite verify has no parts/],
  ]) {
    test(`${args.join(' ')} is an error that names what there is`, () => assert.throws(() => fromArguments(args, tree), { message }));
  }
});

describe('lanes', () => {
  test('all of them together contain exactly the known suites', () => assert.deepEqual([...new Set(LANES.flat())].sort(), suiteNames().sort()));

  for (const callsAlone of [false, true]) {
    test(`every selected suite runs, and no other one, ${callsAlone ? 'with' : 'without'} calls alone`, () => {
      for (const suites of [suiteNames(), ...suiteNames().map(suite => [suite]), ['web', 'browser'], ['chart', 'verify']]) {
        assert.deepEqual([...new Set(stages(suites, callsAlone).flat(2))].filter(suite => suite !== LIGHT).sort(), [...suites].sort());
      }
    });
  }

  test('without calls alone there is one stage of two lanes', () => assert.deepEqual(stages(suiteNames()), [LANES]));

  test('with calls alone, suites with calls run after the others, one after the other, and only light suites beside browser', () => {
    const [first, cluster, browser, ...more] = stages(suiteNames(), true);
    assert.equal(first.length, 2);
    assert.ok([...CALLS, 'web'].every(suite => !first.flat().includes(suite)));
    const [calls, light] = browser;
    assert.deepEqual([cluster, calls, light[0], more], [[['cluster']], ['browser'], LIGHT, []]);
    assert.ok(!light.includes('unit') && !light.includes('page'));
    assert.deepEqual(stages(['web', 'cluster'], true), [[['web']], [['cluster']]]);
    assert.deepEqual(stages(['web', 'unit'], true), [[['web'], ['unit', 'web']]]);
  });

  test('one suite needs one lane', () => {
    for (const callsAlone of [false, true]) for (const suite of suiteNames()) assert.deepEqual(stages([suite], callsAlone), [[[suite]]]);
  });
});

describe('fast', () => {
  const folder = name => real.projects.find(each => each.name === name).folder;
  const sources = name => readdirSync(join(root, folder(name)), { recursive: true }).filter(file => file.endsWith('.cs') && !/^(bin|obj)\//.test(file)).map(file => join(folder(name), file));
  // The test project and the test projects that it builds on, such as MeetOperator.Rtc.Testing.
  const testSide = name => real.projects.filter(each => each.folder.startsWith('tests/') && dependents(real.projects, each.name).has(name)).map(each => each.name);

  for (const { project: name, without = [] } of FAST) {
    test(`${name} starts no process and opens no port in what runs`, () => {
      const outside = testSide(name).flatMap(sources)
        .filter(file => !without.some(word => basename(file).includes(word)))
        .filter(file => /Process\.Start|ProcessStartInfo|new (Socket|UdpClient|TcpListener|TcpClient|HttpListener)\b|WebApplication|TestApiServer|DllImport|LibraryImport/.test(readFileSync(join(root, file), 'utf8')));
      assert.deepEqual(outside, []);
    });
  }

  test('the suites are parts of unit and web, and architecture and verify', () => {
    const plan = fast(real);
    assert.deepEqual(plan.map(each => each.suite), ['unit', 'architecture', 'verify', 'web']);
    assert.ok(lines(plan).some(line => line.endsWith('MeetOperator.Rtc.Tests.csproj\tFullyQualifiedName!~OpenSslClient')));
    assert.ok(lines(plan).some(line => line.startsWith('web\tweb/client/test/')));
  });
});

describe('changes', () => {
  const changed = (...paths) => lines(fromChanges(paths, tree));
  const architecture = `architecture\t${path('Architecture.Tests')}\t`;

  test('without changes nothing runs', () => assert.deepEqual(changed(), []));

  test('a source file is tested by every test project that depends on its project', () =>
    assert.deepEqual(changed('media-node/MeetOperator.Rtp/RtpReader.cs'), [`unit\t${path('Rtp.Tests')}\t`, `unit\t${path('Sfu.Tests')}\t`, architecture]));

  test('a test class is tested by its own project', () =>
    assert.deepEqual(changed('tests/media/MeetOperator.Sfu.Tests/ForwarderTests.cs'), [`unit\t${path('Sfu.Tests')}\t`, architecture]));

  for (const [change, expected] of [
    ['docs/glossary.md', ['architecture']],
    ['docs/configuration.md', ['architecture', 'verify']],
    ['Directory.Packages.props', ['unit', 'architecture']],
    ['infra/runtime/Process.props', ['unit', 'architecture']],
    ['web/app/src/App.tsx', ['architecture', 'browser', 'page', 'web']],
    ['tests/e2e/recovery.test.mjs', ['architecture', 'browser']],
    ['tests/e2e/package-lock.json', ['architecture', 'browser', 'page']],
    ['tests/e2e/support/browser.mjs', ['architecture', 'browser', 'page']],
    ['tests/page/screens.test.mjs', ['architecture', 'page']],
    ['charts/meet-operator/values.schema.json', ['architecture', 'verify', 'chart']],
    ['tools/verbs/up.sh', ['architecture', 'quickstart']],
    ['tools/chart/values.mjs', ['architecture', 'quickstart', 'chart']],
    ['meet', ['architecture', 'quickstart']],
    ['web/README.md', ['architecture', 'quickstart', 'browser', 'page', 'web']],
    ['infra/docker/build.sh', ['cluster', 'architecture']],
    ['tests/golden/placement/no-nodes/input.yaml', ['unit', 'architecture']],
  ]) {
    test(`${change} is tested by ${expected.join(', ')}`, () => assert.deepEqual(fromChanges([change], tree).map(each => each.suite), expected));
  }

  test('every rule names a suite and projects that exist', () => {
    const everything = ['Directory.Build.props', 'crds/x.yaml', 'web/x', 'tests/e2e/x', 'charts/x', 'meet', 'tests/cluster/x', 'tests/conformance/x'];
    assert.deepEqual(fromChanges(everything, real).map(each => each.suite).sort(), suiteNames().sort());
    const golden = ['tests/fuzz/corpus/x', 'tests/golden/placement/x', 'tests/golden/crds/x', 'tests/golden/crdgen/x', 'docs/signaling-protocol.md', 'docs/node-control.md', 'crds/x.yaml'];
    const unit = fromChanges(golden, real).find(each => each.suite === 'unit').targets.map(target => basename(target.path, '.Tests.csproj').replace('MeetOperator.', ''));
    assert.deepEqual(unit.sort(), ['Fuzz', 'Kube', 'Local', 'MediaNode', 'Operator', 'Placement', 'Signaling']);
  });
});
