import { pathsInUse, type Destination, type MediaPath } from '@meetoperator/client';
import type { TFunction } from 'i18next';

/** What the panel says about one path, or about several with the same text. */
export interface PathText {
  readonly text: string;
  /** What a help desk could do for a better path. */
  readonly help: string | null;
}

/** Says in words which paths media takes, and why. Sending and receiving are named only where they differ. */
export function pathTexts(t: TFunction, paths: readonly MediaPath[]): readonly PathText[] {
  const known = pathsInUse(paths).filter(({ kind }) => kind !== null);
  const texts = new Set(known.map(path => sentenceOf(t, path)));
  return [...texts].map(text => {
    const same = known.filter(path => sentenceOf(t, path) === text);
    return { text: texts.size === 1 ? text : useText(t, same[0]!, text), help: helpOf(t, same) };
  });
}

const families = { ipv4: 'IPv4', ipv6: 'IPv6' } as const;

function sentenceOf(t: TFunction, { kind, reason, type, protocol, family }: MediaPath): string {
  if (kind === 'none' && reason === 'relay-only') return t('statistics.paths.none-relay-only');
  if (kind === 'none' && reason === 'relay-refused') return t('statistics.paths.relay-refused');
  if (kind === 'p2p' || kind === 'none' || kind === 'tunnel') return t(`statistics.paths.${kind}`);
  const name = protocol.toUpperCase();
  // The address of the other end says nothing about the way to the relay.
  const over = family === null || type === 'relay' ? name : `${name} (${families[family]})`;
  return t(`statistics.paths.${reason ?? (type === 'relay' ? 'relay' : 'direct')}`, { protocol: over });
}

function useText(t: TFunction, { use }: MediaPath, path: string): string {
  return use === 'both' ? path : t(`statistics.pathUses.${use}`, { path });
}

function helpOf(t: TFunction, paths: readonly MediaPath[]): string | null {
  const blocked = paths.flatMap(path => path.blocked);
  const protocol = blocked[0]?.protocol;
  if (protocol !== undefined) return t('statistics.pathHelp.firewall', { protocol: protocol.toUpperCase(), destinations: destinationsText(t, blocked) });
  return paths.some(({ reason }) => reason === 'udp-not-gathered') ? t('statistics.pathHelp.browser') : null;
}

function destinationsText(t: TFunction, destinations: readonly Destination[]): string {
  const ports = new Map<string, Set<number>>();
  for (const { address, port } of destinations) ports.set(address, (ports.get(address) ?? new Set()).add(port));
  return [...ports].map(([address, numbers]) => t('statistics.pathHelp.destination', { count: numbers.size, address, ports: [...numbers].sort((a, b) => a - b).join(', ') })).join('; ');
}
