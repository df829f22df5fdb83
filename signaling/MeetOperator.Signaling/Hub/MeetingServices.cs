using MeetOperator.Signaling.Access;
using MeetOperator.Signaling.Data.Bus;
using MeetOperator.Signaling.Data.Repositories;
using MeetOperator.Signaling.Features.Moderation;
using MeetOperator.Signaling.Kubernetes;
using MeetOperator.Signaling.Media;
using MeetOperator.Signaling.Metrics;
using MeetOperator.Signaling.Settings;
using MeetOperator.Signaling.Turn;

namespace MeetOperator.Signaling.Hub;

/// <summary>The dependencies of meeting sessions.</summary>
internal sealed record MeetingServices(
    SignalingOptions Options,
    MeetingDirectory Directory,
    MeetingWriter Writer,
    IMeetingBus Bus,
    IMeetingRepository Meetings,
    IParticipantRepository Participants,
    IChatRepository Chat,
    IMediaStreamRepository Streams,
    IQualityRepository Quality,
    ModerationReader Moderation,
    MeetingStateReader States,
    MediaServices Media,
    SocketLimits Limits,
    TurnPools Relays,
    SignalingMetrics Metrics,
    TimeProvider Time,
    ILoggerFactory Loggers)
{
    /// <summary>Maximum number of meetings that recover at the same time after a bus outage.</summary>
    private const int RecoveriesAtOnce = 32;

    public SemaphoreSlim Recoveries { get; } = new(RecoveriesAtOnce);
}
