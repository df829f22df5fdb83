import { MeetClient } from '@meetoperator/client';

/** Talks to the server that this page came from. */
export const client = new MeetClient();
