/** The codes of `urn:meetoperator:error:<code>`, `network` when the server cannot be reached, and `unexpected` for any other response. */
export type MeetErrorCode =
  | 'invalid-request'
  | 'unauthorized'
  | 'forbidden'
  | 'unknown-meeting'
  | 'unknown-participant'
  | 'unknown-check'
  | 'meeting-ended'
  | 'meeting-full'
  | 'payload-too-large'
  | 'unsupported-media-type'
  | 'quota-exceeded'
  | 'not-placed'
  | 'media-node-unreachable'
  | 'check-unavailable'
  | 'unavailable'
  | 'media-failed'
  | 'network'
  | 'unexpected';

const known: ReadonlySet<string> = new Set<MeetErrorCode>([
  'invalid-request', 'unauthorized', 'forbidden', 'unknown-meeting', 'unknown-participant', 'unknown-check', 'meeting-ended', 'meeting-full',
  'payload-too-large', 'unsupported-media-type', 'quota-exceeded', 'not-placed', 'media-node-unreachable', 'check-unavailable', 'unavailable', 'media-failed',
]);

export interface MeetErrorDetails {
  readonly status?: number;
  readonly detail?: string;
  readonly errors?: Readonly<Record<string, readonly string[]>>;
  readonly retryAfterSeconds?: number;
}

export class MeetError extends Error {
  override readonly name = 'MeetError';
  readonly code: MeetErrorCode;
  readonly status: number | undefined;
  readonly detail: string | undefined;
  /** The errors of each invalid field, for `invalid-request`. */
  readonly errors: Readonly<Record<string, readonly string[]>>;
  readonly retryAfterSeconds: number | undefined;

  constructor(code: MeetErrorCode, message: string, details: MeetErrorDetails = {}) {
    super(message);
    this.code = code;
    this.status = details.status;
    this.detail = details.detail;
    this.errors = details.errors ?? {};
    this.retryAfterSeconds = details.retryAfterSeconds;
  }

  /** Whether a retry can succeed without any change. */
  get isTransient(): boolean {
    return this.code === 'network' || this.code === 'not-placed' || this.code === 'media-node-unreachable' || this.code === 'unavailable'
      || (this.code === 'quota-exceeded' && this.retryAfterSeconds !== undefined)
      || (this.code === 'unexpected' && (this.status ?? 0) >= 500);
  }
}

/** Codes by the status of a response. */
export type CodesByStatus = Readonly<Record<number, MeetErrorCode>>;

const byStatus: CodesByStatus = {
  400: 'invalid-request', 401: 'unauthorized', 403: 'forbidden', 404: 'unknown-meeting', 409: 'meeting-full', 410: 'meeting-ended',
  413: 'payload-too-large', 415: 'unsupported-media-type', 429: 'quota-exceeded',
};

interface Problem {
  type?: unknown;
  title?: unknown;
  detail?: unknown;
  errors?: unknown;
}

/** Reads RFC 9457 problem details. A response without them becomes an error with a code derived from its status, first by `codes`. */
export async function errorFromResponse(response: Response, codes: CodesByStatus = {}): Promise<MeetError> {
  const problem: Problem = await response.json().then(body => (typeof body === 'object' && body !== null ? body as Problem : {}), () => ({}));
  const suffix = typeof problem.type === 'string' ? problem.type.slice(problem.type.lastIndexOf(':') + 1) : '';
  const code = known.has(suffix) ? suffix as MeetErrorCode : codes[response.status] ?? byStatus[response.status] ?? 'unexpected';
  const detail = typeof problem.detail === 'string' ? problem.detail : undefined;
  const title = typeof problem.title === 'string' ? problem.title : `The server responded with status ${response.status}.`;
  const retryAfter = Number(response.headers.get('retry-after') ?? Number.NaN);
  return new MeetError(code, detail ?? title, {
    status: response.status,
    ...(detail === undefined ? {} : { detail }),
    ...(typeof problem.errors === 'object' && problem.errors !== null ? { errors: problem.errors as Record<string, string[]> } : {}),
    ...(Number.isFinite(retryAfter) ? { retryAfterSeconds: retryAfter } : {}),
  });
}
