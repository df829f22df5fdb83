using MeetOperator.Signaling.Data;

namespace MeetOperator.Signaling;

/// <summary>What every meeting session needs.</summary>
public sealed record MeetingServices(
    SignalingOptions Options,
    MeetingDirectory Directory,
    IMeetingBus Bus,
    IMeetingRepository Meetings,
    IParticipantRepository Participants,
    IChatRepository Chat,
    IMediaStreamRepository Streams,
    StandingReader Standings,
    MeetingLives Lives,
    MediaNodes Nodes,
    SocketLimits Limits,
    SignalingMetrics Metrics,
    TimeProvider Time,
    ILoggerFactory Loggers);
