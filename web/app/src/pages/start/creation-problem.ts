import { MeetError } from '@meetoperator/client';
import type en from '../../texts/en';

export interface CreationProblem {
  readonly text: keyof typeof en.start.problem;
  /** The explanation that came from the server, in English. */
  readonly serverMessage?: string;
}

/** Why a meeting could not be created, for the user. */
export function creationProblemOf(error: unknown): CreationProblem {
  if (!(error instanceof MeetError)) return { text: 'failed' };
  switch (error.code) {
    case 'network':
    case 'not-placed':
    case 'unavailable': return { text: error.code };
    case 'unauthorized':
    case 'forbidden': return { text: 'not-allowed' };
    case 'quota-exceeded':
    case 'invalid-request': return { text: error.code, ...messageOf(error) };
    default: return { text: 'failed', ...messageOf(error) };
  }
}

const messageOf = ({ detail }: MeetError) => (detail === undefined ? {} : { serverMessage: detail });
