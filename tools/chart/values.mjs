// values.mjs [--check]: generates values.yaml and the table in docs/configuration.md from values.schema.json; with --check, reports files that differ.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

const root = new URL('../..', import.meta.url).pathname;
export const SCHEMA = join(root, 'charts/meet-operator/values.schema.json');
const VALUES = join(root, 'charts/meet-operator/values.yaml');
const GUIDE = join(root, 'docs/configuration.md');
const [BEGIN, END] = ['<!-- values: begin -->', '<!-- values: end -->'];

const isGroup = schema => schema.properties !== undefined;

/** Every value of the chart, with its path and its schema. */
export function leaves(schema, path = []) {
  return Object.entries(schema.properties).flatMap(([key, value]) => (isGroup(value) ? leaves(value, [...path, key]) : [{ path: [...path, key], schema: value }]));
}

const scalar = value => (typeof value === 'string' ? JSON.stringify(value) : String(value));

function yamlOf(value, indent) {
  if (Array.isArray(value)) return value.length === 0 ? ' []' : ` [${value.map(scalar).join(', ')}]`;
  if (typeof value !== 'object') return ` ${scalar(value)}`;
  const entries = Object.entries(value);
  return entries.length === 0 ? ' {}' : entries.map(([key, inner]) => `\n${indent}  ${key}:${yamlOf(inner, `${indent}  `)}`).join('');
}

function wrapped(text, indent) {
  const lines = [];
  for (const word of text.split(' ')) {
    if (lines.length > 0 && lines.at(-1).length + word.length < 120 - indent.length) lines[lines.length - 1] += ` ${word}`;
    else lines.push(word);
  }
  return lines.map(line => `${indent}# ${line}\n`).join('');
}

export function valuesYaml(schema, indent = '') {
  return Object.entries(schema.properties).map(([key, value]) => {
    const choices = value.enum ? ` One of ${value.enum.join(', ')}.` : '';
    const head = wrapped(value.description + choices, indent);
    return isGroup(value) ? `${head}${indent}${key}:\n${valuesYaml(value, `${indent}  `)}` : `${head}${indent}${key}:${yamlOf(value.default, indent)}\n`;
  }).join(indent === '' ? '\n' : '');
}

const cell = text => text.replaceAll('|', '\\|');

export function table(schema) {
  const rows = leaves(schema).map(({ path, schema: value }) => {
    const choices = value.enum ? ` One of ${value.enum.map(choice => `\`${choice}\``).join(', ')}.` : '';
    return `| \`${path.join('.')}\` | \`${cell(JSON.stringify(value.default))}\` | ${cell(value.description + choices)} |`;
  });
  return ['| value | default | what it does |', '|---|---|---|', ...rows].join('\n');
}

function between(text, content) {
  const [begin, end] = [text.indexOf(BEGIN), text.indexOf(END)];
  if (begin < 0 || end < begin) throw new Error(`${GUIDE} has no lines ${BEGIN} and ${END}`);
  return `${text.slice(0, begin + BEGIN.length)}\n${content}\n${text.slice(end)}`;
}

function main(check) {
  const schema = JSON.parse(readFileSync(SCHEMA, 'utf8'));
  const files = [
    [VALUES, `# Made from values.schema.json by ./meet generate. Do not edit: change the schema.\n\n${valuesYaml(schema)}`],
    [GUIDE, between(readFileSync(GUIDE, 'utf8'), table(schema))],
  ];
  const stale = files.filter(([path, text]) => { try { return readFileSync(path, 'utf8') !== text; } catch { return true; } });
  for (const [path, text] of stale) {
    if (check) console.error(`${path} differs from values.schema.json`);
    else writeFileSync(path, text);
  }
  process.exitCode = check && stale.length > 0 ? 1 : 0;
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) main(process.argv.includes('--check'));
