using MeetOperator.NodeControl;
using MeetOperator.Signaling.Data.Bus;
using MeetOperator.Signaling.Data.Repositories;
using MeetOperator.Signaling.Data.Rows;
using MeetOperator.Signaling.Loops;
using MeetOperator.Signaling.Protocol;

namespace MeetOperator.Signaling.Features.Presence;

/// <summary>Writes database rows about one meeting in the background, in order, so that a slow database does not block the meeting. Thread-safe.</summary>
internal sealed partial class SessionRows : IAsyncDisposable
{
    private readonly MeetingKey _key;
    private readonly IMeetingRepository _meetings;
    private readonly IParticipantRepository _participants;
    private readonly IMediaStreamRepository _streams;
    private readonly TimeProvider _time;
    private readonly SessionLoop _loop;

    public SessionRows(
        MeetingKey key, IMeetingRepository meetings, IParticipantRepository participants, IMediaStreamRepository streams, TimeProvider time, ILoggerFactory loggers)
    {
        _key = key;
        _meetings = meetings;
        _participants = participants;
        _streams = streams;
        _time = time;
        var logger = loggers.CreateLogger<SessionRows>();
        _loop = new SessionLoop(e => LogRowNotWritten(logger, key.MeetingId, e.Message));
    }

    private long Now => _time.GetUtcNow().ToUnixTimeMilliseconds();

    /// <param name="participantId">The participant.</param>
    /// <param name="status">One of <see cref="ConnectionStatuses"/>.</param>
    public void SaveStatus(string participantId, string status) =>
        _loop.Post(() => _participants.SetStatusAsync(_key.Tenant, _key.MeetingId, participantId, status, Now, CancellationToken.None));

    /// <summary>Records whether the participant sends audio (or video).</summary>
    public void SaveMedia(string participantId, MediaType kind, bool sending) => _loop.Post(() => _participants.SetMediaAsync(
        _key.Tenant, _key.MeetingId, participantId, kind == MediaType.Audio ? sending : null, kind == MediaType.Audio ? null : sending, CancellationToken.None));

    public void SaveStream(RoomEvent track, bool added)
    {
        var stream = $"{track.ParticipantId}/{track.Source}";
        _loop.Post(() => added
            ? _streams.SaveAsync(
                new MediaStreamRow
                {
                    Tenant = _key.Tenant,
                    MeetingId = _key.MeetingId,
                    StreamId = stream,
                    ParticipantId = track.ParticipantId!,
                    StreamType = track.Source ?? track.Kind ?? "unknown",
                },
                CancellationToken.None)
            : _streams.RemoveAsync(_key.Tenant, _key.MeetingId, stream, CancellationToken.None));
    }

    public void CloseMeeting() => _loop.Post(() => _meetings.CloseAsync(_key.Tenant, _key.MeetingId, Now, CancellationToken.None));

    /// <summary>Completes when all queued rows are written.</summary>
    public ValueTask DisposeAsync() => _loop.DisposeAsync();

    [LoggerMessage(3051, LogLevel.Warning, "Meeting {Meeting}: failed to write a database row: {Reason}")]
    private static partial void LogRowNotWritten(ILogger logger, string meeting, string reason);
}
