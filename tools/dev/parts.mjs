// Which parts of a running installation a changed file belongs to. Pure.
import { dependents } from '../test/tree.mjs';

/** The programs of an installation. `host` is the process with the API server and the process runtime; the others end with it. */
export const PARTS = {
  host: { project: 'operator/MeetOperator.Local', folder: 'local' },
  operator: { project: 'operator/MeetOperator.Operator', folder: 'operator' },
  signaling: { project: 'signaling/MeetOperator.Signaling', folder: 'signaling' },
  'media-node': { project: 'media-node/MeetOperator.MediaNode', folder: 'media-node' },
  turn: { project: 'turn/MeetOperator.Turn', folder: 'turn' },
};

/** The folders with what the programs are built from. */
export const FOLDERS = ['crds', 'infra/runtime', 'kube', 'media-node', 'operator', 'signaling', 'turn'];

const SKIPPED = /(^|\/)(bin|obj|node_modules|TestResults)(\/|$)|(^|\/)\.[^/]*$/;
const SOURCE = /\.(cs|csproj|props|sql|json|yaml)$/;

export const isSkipped = path => SKIPPED.test(path);

const programOf = part => PARTS[part].project.replace(/^.*\//, '');

// The host references the whole operator, but runs only its admission. A change of a controller does not restart everything.
const HOST_RUNS = /^operator\/MeetOperator\.Operator\/.*Admission/;

function withoutOperator(projects) {
  return projects.map(each => (each.name === programOf('host') ? { ...each, references: each.references.filter(name => name !== programOf('operator')) } : each));
}

function partsOf(path, projects) {
  if (isSkipped(path) || !SOURCE.test(path)) return [];
  if (path.startsWith('infra/runtime/')) return ['operator', 'signaling', 'media-node', 'turn'];
  if (/^crds\/[^/]+\.yaml$/.test(path)) return ['host'];
  const project = projects.find(each => path.startsWith(`${each.folder}/`));
  if (!project) return [];
  const reached = dependents(withoutOperator(projects), project.name);
  return Object.keys(PARTS).filter(part => reached.has(programOf(part)) || (part === 'host' && HOST_RUNS.test(path)));
}

/** The parts that must be built and restarted after these changes, in the order of PARTS. */
export function affectedParts(paths, projects) {
  const found = new Set(paths.flatMap(path => partsOf(path, projects)));
  return Object.keys(PARTS).filter(part => found.has(part));
}

/** What `dotnet build` builds for these parts: one program, or all of them. */
export const buildTarget = parts => (parts.length === 1 ? PARTS[parts[0]].project : 'tools/products.slnf');

/** True when packages or references may have changed, so that `dotnet build` must restore. */
export const needsRestore = paths => paths.some(path => /\.(csproj|props)$|packages\.lock\.json$/.test(path));
