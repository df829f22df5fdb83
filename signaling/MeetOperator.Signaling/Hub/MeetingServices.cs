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
    ILoggerFactory Loggers)
{
    /// <summary>How many meetings read everything anew at once when the bus comes back.</summary>
    private const int RecoveriesAtOnce = 32;

    public SemaphoreSlim Recoveries { get; } = new(RecoveriesAtOnce);
}
