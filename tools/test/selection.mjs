// Decides what `./meet test` runs. Pure: the tree and the changed paths are arguments.
import { dependents } from './tree.mjs';

// A plan is a list of { suite, targets }. A target is a project with an optional filter for `dotnet test`, or a test file; targets are null where a suite runs as a whole.

// For each suite, which projects (by path) or which test files belong to it. verify has no parts.
const SUITES = {
  cluster: { files: /^tests\/cluster\// },
  unit: { projects: /^tests\/(?!Architecture\/).*\.Tests\.csproj$/ },
  architecture: { projects: /^tests\/Architecture\// },
  verify: {},
  quickstart: { files: /^tests\/quickstart\// },
  browser: { files: /^tests\/e2e\// },
  page: { files: /^tests\/page\// },
  chart: { files: /^tests\/chart\// },
  web: { files: /^web\// },
  conformance: { projects: /^tests\/conformance\// },
};

// The projects of `./meet test fast`: they start no process, listen on no port and need no Debian package of the tests. A test reads their sources. What the names
// in `without` contain is left out.
export const FAST = [
  { project: 'MeetOperator.Fuzz.Tests' },
  { project: 'MeetOperator.Placement.Tests' },
  { project: 'MeetOperator.Relay.Tests' },
  { project: 'MeetOperator.Rtc.Tests', without: ['OpenSslClient'] },
  { project: 'MeetOperator.Rtp.Tests' },
  { project: 'MeetOperator.Sdp.Tests' },
  { project: 'MeetOperator.Sfu.Tests' },
  { project: 'MeetOperator.Srtp.Tests', without: ['LibSrtp'] },
];

// What a changed path is tested by, besides the projects that depend on it. Every matching line applies: `suites` run as a whole, `projects` in unit.
const CHANGES = [
  { path: /^(Directory\.\w+\.props|global\.json|MeetOperator\.sln|\.editorconfig|infra\/runtime\/.*)$/, suites: ['unit'] },
  { path: /^(crds|operator|signaling|charts)\/|^kube\/MeetOperator\.Kube\.CodeGen\/|^docs\/configuration\.md$/, suites: ['verify'] },
  { path: /^crds\/.*\.yaml$/, projects: ['Local', 'Operator'] },
  { path: /^(crds|kube\/MeetOperator\.Kube\.ApiServer|kube\/MeetOperator\.Kube\.Abstractions\/Serialization|operator\/MeetOperator\.Local\/Exporting|tests\/conformance|tests\/golden\/crds)\//, suites: ['conformance'] },
  { path: /^web\//, suites: ['web', 'browser', 'page'] },
  { path: /^tests\/e2e\//, suites: ['browser'] },
  { path: /^tests\/(page\/|e2e\/(support\/|package))/, suites: ['page'] },
  { path: /^(charts|tests\/chart|tools\/chart|tests\/golden\/(chart|health))\//, suites: ['chart'] },
  { path: /^(meet$|tools\/|tests\/quickstart\/|infra\/packages\.txt$)|(^|\/)README\.md$/, suites: ['quickstart'] },
  { path: /^(tests\/cluster|infra\/docker)\//, suites: ['cluster'] },
  { path: /^tests\/fuzz\//, projects: ['Fuzz'] },
  { path: /^tests\/golden\/placement\//, projects: ['Placement'] },
  { path: /^tests\/golden\/(crds|health|resources)\//, projects: ['Operator'] },
  { path: /^tests\/golden\/kubectl-meet\//, projects: ['KubectlMeet'] },
  { path: /^tests\/golden\/(crdgen|public-surface)\//, projects: ['Kube'] },
  { path: /^docs\/signaling-protocol\.md$/, suites: ['web', 'page'], projects: ['Signaling'] },
  { path: /^docs\/node-control\.md$/, projects: ['MediaNode'] },
];

const shortName = project => project.name.replace(/^MeetOperator\./, '').replace(/\.Tests$/, '');
const fileName = path => path.replace(/^.*\//, '').replace(/\.test\.\w+$/, '');
const contains = (name, word) => name.toLowerCase().includes(word.toLowerCase());
const projectsOf = (suite, tree) => tree.projects.filter(project => SUITES[suite].projects?.test(project.path));

export const suiteNames = () => Object.keys(SUITES);

// A suite of one project is that project. unit, which has many, is built and run as a whole.
function whole(suite, tree) {
  const projects = SUITES[suite].projects ? projectsOf(suite, tree) : [];
  return { suite, targets: projects.length === 1 ? [{ path: projects[0].path, filter: '' }] : null };
}

/** Words name projects or, where no project matches, test classes. A project that is named runs completely. */
function selectProjects(suite, words, tree) {
  const projects = projectsOf(suite, tree);
  const filters = new Map(); // path → words; an empty list runs the whole project
  for (const word of words) {
    const named = projects.filter(project => contains(shortName(project), word));
    for (const project of named) filters.set(project.path, []);
    if (named.length > 0) continue;
    const holding = projects.filter(project => project.classes.some(name => contains(name, word)));
    if (holding.length === 0) throw new Error(`no project and no test class of suite ${suite} contains '${word}'; projects: ${projects.map(shortName).join(' ')}`);
    for (const { path } of holding) if (filters.get(path)?.length !== 0) filters.set(path, [...(filters.get(path) ?? []), word]);
  }
  return [...filters].map(([path, only]) => ({ path, filter: only.map(word => `FullyQualifiedName~${word}`).join('|') }));
}

function selectFiles(suite, words, tree) {
  const files = tree.files.filter(path => SUITES[suite].files.test(path));
  for (const word of words) {
    if (!files.some(path => contains(fileName(path), word))) {
      throw new Error(`no test file of suite ${suite} contains '${word}'; there are: ${files.map(fileName).join(' ')}`);
    }
  }
  return files.filter(path => words.some(word => contains(fileName(path), word))).map(path => ({ path, filter: '' }));
}

/** `SUITE [WORD…]…`: words belong to the suite before them. Without arguments, every suite. */
export function fromArguments(args, tree) {
  const groups = [];
  for (const argument of args) {
    if (argument in SUITES) groups.push({ suite: argument, words: [] });
    else if (groups.length > 0) groups.at(-1).words.push(argument);
    else throw new Error(`unknown suite '${argument}'; known suites: ${suiteNames().join(' ')}, and fast`);
  }
  if (args.length === 0) return suiteNames().map(suite => whole(suite, tree));
  return groups.map(({ suite, words }) => {
    if (words.length === 0) return whole(suite, tree);
    if (SUITES[suite].projects) return { suite, targets: selectProjects(suite, words, tree) };
    if (SUITES[suite].files) return { suite, targets: selectFiles(suite, words, tree) };
    throw new Error(`suite ${suite} has no parts, so '${words[0]}' cannot select one; known suites: ${suiteNames().join(' ')}`);
  });
}

/** What is quick because of what it does: no processes, no servers, no browsers. */
export function fast(tree) {
  const path = name => tree.projects.find(project => project.name === name).path;
  const filter = without => (without ?? []).map(word => `FullyQualifiedName!~${word}`).join('&');
  return [
    { suite: 'unit', targets: FAST.map(({ project, without }) => ({ path: path(project), filter: filter(without) })) },
    whole('architecture', tree),
    whole('verify', tree),
    { suite: 'web', targets: tree.files.filter(file => SUITES.web.files.test(file)).map(file => ({ path: file, filter: '' })) },
  ];
}

/** The suites and projects that test these paths. architecture reads all sources and documents, so every change is tested by it. */
export function fromChanges(paths, tree) {
  const suites = new Set(paths.length > 0 ? ['architecture'] : []);
  const projects = new Set();
  for (const path of paths) {
    for (const { name } of tree.projects.filter(project => path.startsWith(`${project.folder}/`))) for (const dependent of dependents(tree.projects, name)) projects.add(dependent);
    for (const change of CHANGES.filter(line => line.path.test(path))) {
      for (const suite of change.suites ?? []) suites.add(suite);
      for (const name of change.projects ?? []) projects.add(`MeetOperator.${name}.Tests`);
    }
  }
  const targets = projectsOf('unit', tree).filter(project => projects.has(project.name)).map(({ path }) => ({ path, filter: '' }));
  return suiteNames().flatMap(suite => {
    if (suites.has(suite)) return [whole(suite, tree)];
    return suite === 'unit' && targets.length > 0 ? [{ suite, targets }] : [];
  });
}

/** One line for each target of a suite, or one for the whole suite: suite, path and filter, separated by tabs. */
export const lines = plan => plan.flatMap(({ suite, targets }) => (targets === null ? [`${suite}\t\t`] : targets.map(({ path, filter }) => `${suite}\t${path}\t${filter}`)));
