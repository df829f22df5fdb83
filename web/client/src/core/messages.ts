export interface WireMessage {
  readonly type: string;
}

export type MessageHandlers<Message extends WireMessage> = {
  readonly [Type in Message['type']]: (message: Extract<Message, { readonly type: Type }>) => void;
};

/** The checks that a message of each type must pass, by field. Fields without a check are optional. */
export type MessageChecks<Message extends WireMessage> = Readonly<Record<Message['type'], Readonly<Record<string, (value: unknown) => boolean>>>>;

export const isText = (value: unknown): boolean => typeof value === 'string';
