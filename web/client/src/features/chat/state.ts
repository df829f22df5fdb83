export interface ChatMessage {
  /** Increases by one from message to message of a meeting. */
  readonly id: number;
  readonly from: string;
  readonly displayName: string;
  readonly text: string;
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly own: boolean;
}

/** A message of this participant that the server has not confirmed. `failed`: the server rejected it or did not confirm it in time. */
export interface OutgoingMessage {
  readonly reference: string;
  readonly text: string;
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly state: 'sending' | 'failed';
}

/** Inserts a message in the server's order. Replays after a reconnect repeat messages; a message that is known already changes nothing. */
export function insertMessage(messages: readonly ChatMessage[], message: ChatMessage): readonly ChatMessage[] {
  let index = messages.length;
  while (index > 0 && messages[index - 1]!.id > message.id) index -= 1;
  return messages[index - 1]?.id === message.id ? messages : messages.toSpliced(index, 0, message);
}

/** The ID after which messages are missing, among the messages from `after` on; null when there is no gap. */
export function nextGap(messages: readonly ChatMessage[], after: number): number | null {
  const known = messages.filter(message => message.id > after);
  return known.find((message, index) => index + 1 < known.length && known[index + 1]!.id > message.id + 1)?.id ?? null;
}
