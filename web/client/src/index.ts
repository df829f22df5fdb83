export { MeetClient, type JoinOptions, type MeetClientOptions } from './client.js';
export { browserEnvironment, type Environment } from './environment.js';
export { MeetError, type MeetErrorCode } from './errors.js';
export { Meeting, type MeetingEvents } from './meeting.js';
export type { MediaType, Role, TrackSource } from './protocol.js';
export type { CreatedMeeting, CreateMeetingRequest, MeetingInfo, MeetingSettings } from './rest.js';
export type { ChatMessage, ConnectionStatus, MeetingSnapshot, OutgoingMessage, Participant, Phase } from './state.js';
export type { ParticipantStats, Quality, QualityHint, StatsSummary } from './stats.js';
