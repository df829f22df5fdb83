import { MeetError, findingsOf, portsText, type CheckedFamily, type Finding, type NetworkCheck, type Rung, type RungResult } from '@meetoperator/client';
import type { TFunction } from 'i18next';
import { bitrateText, millisecondsText, percentText } from '../quality/texts';

/** One line of the table: the way, and in words what came of it. */
export interface CheckRow {
  readonly name: string;
  readonly way: string;
  readonly address: string;
  readonly state: RungResult['state'];
  readonly result: string;
  readonly connectTime: string;
  readonly roundTrip: string;
  readonly loss: string;
}

const families: Record<Exclude<CheckedFamily, 'unknown'>, string> = { ipv4: 'IPv4', ipv6: 'IPv6' };

export const rowsOf = (t: TFunction, { results }: NetworkCheck): CheckRow[] => results.map(({ rung, state, connectMs, rttMs, sendLoss }) => ({
  name: rung.name,
  way: wayText(t, rung),
  address: destinationText(t, rung),
  state,
  result: t(`networkCheck.states.${state}`),
  connectTime: figure(state, connectMs === null ? null : millisecondsText(t, connectMs)),
  roundTrip: figure(state, rttMs === null ? null : millisecondsText(t, rttMs)),
  loss: rung.path === 'tunnel' ? '–' : figure(state, sendLoss === null ? null : percentText(t, sendLoss)), // TCP repeats what is lost
}));

const figure = (state: RungResult['state'], value: string | null): string => (state === 'connected' ? value ?? '…' : '–');

function wayText(t: TFunction, { path, family }: Rung): string {
  const name = t(`networkCheck.ways.${path}`);
  return family === 'unknown' ? name : t('networkCheck.wayOver', { way: name, family: families[family] });
}

const destinationText = (t: TFunction, { hosts, ports }: Pick<Rung, 'hosts' | 'ports'>): string =>
  t('networkCheck.destination', { count: ports.length, hosts: hosts.join(', '), ports: portsText(ports) });

/** What the check found, in sentences, the most important first. */
export const findingTexts = (t: TFunction, check: NetworkCheck): string[] => findingsOf(check).map((finding, _, all) => findingText(t, finding, all));

function findingText(t: TFunction, finding: Finding, all: readonly Finding[]): string {
  switch (finding.kind) {
    case 'works': return t(`networkCheck.works.${finding.path}`);
    case 'blocked': {
      const isFirst = all.find(({ kind }) => kind === 'blocked') === finding;
      return t(isFirst ? 'networkCheck.blocked' : 'networkCheck.blockedToo', { way: t(`networkCheck.ways.${finding.rule.path}`), protocol: finding.rule.protocol.toUpperCase(), destination: destinationText(t, finding.rule) });
    }
    case 'relay-full': return t('networkCheck.relayFull', { host: finding.host });
    case 'relay-refused': return t('networkCheck.relayRefused', { host: finding.host, code: finding.code });
    case 'relay-cut-off': return t('networkCheck.relayCutOff', { host: finding.host });
    case 'loss': return t(`networkCheck.loss.${finding.direction}`, { loss: percentText(t, finding.fraction) });
    case 'delay': return t('networkCheck.delay', { time: millisecondsText(t, finding.rttMs) });
    case 'slow': return t(`networkCheck.slow.${finding.direction}`, { rate: bitrateText(t, finding.bitrate) });
    case 'incomplete': return t('networkCheck.incomplete');
    case 'no-path': return t('networkCheck.noPath');
    case 'denied': return t(`networkCheck.denied.${finding.way}`);
    case 'nothing-works': return t('networkCheck.nothingWorks');
    case 'no-web-socket': return t('networkCheck.noWebSocket', { host: finding.host });
    case 'no-ipv4': return t('networkCheck.noIpv4');
    case 'no-ipv6': return t('networkCheck.noIpv6');
  }
}

/** What the best way carries; null while it is not known. */
export function bandwidthText(t: TFunction, { bandwidth, results, isDone }: NetworkCheck): string | null {
  if (bandwidth === null) return isDone && results.some(({ state }) => state === 'connected') ? t('networkCheck.unmeasured') : null;
  const rates = { send: bitrateText(t, bandwidth.sendBitrate), receive: bitrateText(t, bandwidth.receiveBitrate) };
  if (bandwidth.rung.path === 'tunnel') return t('networkCheck.tunnelBandwidth', rates);
  const loss = (fraction: number | null) => (fraction === null ? t('quality.notMeasured') : percentText(t, fraction));
  return t('networkCheck.bandwidth', { ...rates, sendLoss: loss(bandwidth.sendLoss), receiveLoss: loss(bandwidth.receiveLoss) });
}

/** Everything as text, for a help desk. */
export function checkText(t: TFunction, check: NetworkCheck, page: string, browser: string, time: string): string {
  const rows = rowsOf(t, check).map(({ way, address, result, connectTime, roundTrip, loss, state }) =>
    `${way}, ${address}: ${result}${state === 'connected' ? ` (${t('networkCheck.columns.connectTime')} ${connectTime}, ${t('networkCheck.columns.roundTrip')} ${roundTrip}, ${t('networkCheck.columns.loss')} ${loss})` : ''}`);
  const bandwidth = bandwidthText(t, check);
  return [t('networkCheck.reportTitle', { page, time }), browser, '', ...findingTexts(t, check).map(text => `- ${text}`), '', ...rows, ...(bandwidth === null ? [] : ['', bandwidth]), ''].join('\n');
}

export function problemText(t: TFunction, error: unknown): string {
  const code = error instanceof MeetError ? error.code : 'unexpected';
  switch (code) {
    case 'check-unavailable': return t('networkCheck.problems.unavailable');
    case 'quota-exceeded': return t('networkCheck.problems.busy');
    case 'not-placed': return t('networkCheck.problems.notPlaced');
    case 'meeting-ended':
    case 'unknown-meeting': return t('networkCheck.problems.ended');
    case 'forbidden':
    case 'unauthorized': return t('networkCheck.problems.forbidden');
    case 'unknown-check': return t('networkCheck.problems.unknown');
    case 'network': return t('networkCheck.problems.network');
    default: return t('networkCheck.problems.failed');
  }
}
