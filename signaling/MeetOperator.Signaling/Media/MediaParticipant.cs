using System.Runtime.CompilerServices;
using MeetOperator.NodeControl;
using MeetOperator.Signaling.Kubernetes;
using MeetOperator.Signaling.Loops;
using MeetOperator.Signaling.Protocol;
using MeetOperator.Signaling.Protocol.Client;
using MeetOperator.Signaling.Protocol.Server;
using MeetOperator.Signaling.Tracing;

namespace MeetOperator.Signaling.Media;

/// <summary>
/// Connects one member's socket to the media node that participants use. Executes the client's requests in order, opens its sessions again after they were lost, and
/// reports failures to the client. Failures never close the socket. Public methods are thread-safe.
/// </summary>
internal sealed partial class MediaParticipant : IAsyncDisposable
{
    private static readonly TimeSpan FirstRetry = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan LastRetry = TimeSpan.FromSeconds(2);

    /// <summary>Maximum number of queued offers and answers. A well-behaved client has one offer in progress and answers each offer of the server.</summary>
    private const int MaxWaiting = 8;

    private readonly MeetingMedia _media;
    private readonly IMediaClient _client;
    private readonly MediaServices _services;
    private readonly ILogger _logger;
    private readonly SessionLoop _calls;
    private readonly CancellationTokenSource _closed = new();
    private readonly RestartBackoff _backoff = new();

    /// <summary>Guards the last offer, the view and the queued mutes.</summary>
    private readonly Lock _gate = new();
    private readonly Dictionary<MediaType, bool> _mutes = [];
    private StrongBox<OfferMessage>? _lastOffer;

    /// <summary>What the client shows; null until it tells.</summary>
    private ViewRequest? _view;
    private bool _isViewQueued;
    private ViewPace _viewPace;
    private int _waiting;

    /// <summary>The newest assignment of slots that the client has applied and the node does not know yet.</summary>
    private SlotsAppliedMessage? _confirmed;

    /// <summary>The sessions in one room: the one that participants use or, after a move, the one before until the next call. Null before the first call.</summary>
    private volatile MemberSessions? _sessions;

    /// <summary>The client may have a connection to a media node. It then gets <c>media-restart</c> when its sessions are replaced.</summary>
    private bool _hasStarted;

    internal MediaParticipant(MeetingMedia media, IMediaClient client, MediaServices services)
    {
        _media = media;
        _client = client;
        _services = services;
        _logger = services.Loggers.CreateLogger<MediaParticipant>();
        _calls = new SessionLoop(e => LogUnexpected(_logger, e, client.Identity.ParticipantId));
    }

    public string ParticipantId => _client.Identity.ParticipantId;

    /// <summary>ID of the subscribe session, in which the node sends offers; null if none is open. Thread-safe.</summary>
    internal string? SubscribeSession => _sessions?.SubscribeSession;

    /// <summary>Opens the media session on the current node. Does nothing if there is none.</summary>
    /// <param name="fresh">True to replace an existing subscribe session with a new one.</param>
    public void Start(bool fresh) => Post(sessions => StartAsync(sessions, fresh, reason: null));

    /// <summary>Opens the media session again and, if it was open before, tells the client to restart its media.</summary>
    public void Restart(string reason) => Post(sessions => StartAsync(sessions, fresh: true, reason));

    /// <summary>Restarts after the node lost <paramref name="session"/>, unless another session is open by then.</summary>
    internal void RestartLost(string session) => Post(sessions => session == sessions?.SubscribeSession ? StartAsync(sessions, fresh: true, MeetingMedia.Lost) : Task.CompletedTask);

    public void Publish(OfferMessage offer)
    {
        var next = new StrongBox<OfferMessage>(offer);
        lock (_gate)
        {
            if (offer.Restart && _lastOffer is not null)
            {
                // Replace the queued offer, because this offer would replace its session immediately.
                _lastOffer.Value = offer;
                return;
            }

            if (_waiting < MaxWaiting)
            {
                _lastOffer = next;
            }
        }

        PostBounded(
            sessions =>
            {
                OfferMessage taken;
                lock (_gate)
                {
                    taken = next.Value!;
                    _lastOffer = _lastOffer == next ? null : _lastOffer;
                }

                return CallAndReportAsync(() => PublishAsync(Require(sessions), taken), taken.SessionId, taken.Reference);
            },
            offer.SessionId,
            offer.Reference);
    }

    public void Answer(AnswerMessage answer) => PostBounded(
        sessions => CallAndReportAsync(() => Require(sessions).AnswerAsync(answer, _closed.Token), answer.SessionId),
        answer.SessionId);

    /// <summary>Makes the node stop or resume forwarding the microphone or camera. Of several queued requests, only the last is executed.</summary>
    public void Mute(MediaType kind, bool muted)
    {
        lock (_gate)
        {
            var isQueued = _mutes.ContainsKey(kind);
            _mutes[kind] = muted;
            if (isQueued)
            {
                return;
            }
        }

        Post(sessions =>
        {
            lock (_gate)
            {
                _mutes.Remove(kind, out muted);
            }

            var state = kind == MediaType.Audio ? new MuteState { Microphone = muted } : new MuteState { Camera = muted };
            return sessions is null ? Task.CompletedTask : CallAndReportAsync(() => sessions.Room.MuteAsync(ParticipantId, state, _closed.Token));
        });
    }

    /// <summary>Tells the node what the client shows, at the rate of <see cref="ViewPace"/>. Of several views in between, only the last reaches the node.</summary>
    public void View(ViewMessage view)
    {
        TimeSpan wait;
        lock (_gate)
        {
            _view = new ViewRequest
            {
                Tracks = [.. view.Tracks.Select(t => new NodeControl.ViewedTrack { ParticipantId = t.ParticipantId, Source = WireName.Of(t.Source), Width = t.Width, Height = t.Height, Pinned = t.IsPinned })],
                Pinned = view.Pinned,
            };
            if (_isViewQueued)
            {
                return;
            }

            _isViewQueued = true;
            wait = _viewPace.WaitAt(Now);
        }

        _ = SendViewLaterAsync(wait);
    }

    /// <summary>Tells the node which assignment of its slots the client has applied. Of several queued ones, only the last reaches the node.</summary>
    public void ConfirmSlots(SlotsAppliedMessage applied)
    {
        if (_sessions?.HasSent(applied) is not true)
        {
            return; // the client cannot have applied what it was not sent
        }

        lock (_gate)
        {
            var isQueued = _confirmed is not null;
            _confirmed = _confirmed is { } queued && queued.SessionId == applied.SessionId && queued.Version > applied.Version ? queued : applied;
            if (isQueued)
            {
                return;
            }
        }

        Post(sessions =>
        {
            SlotsAppliedMessage newest;
            lock (_gate)
            {
                (newest, _confirmed) = (_confirmed!, null);
            }

            return sessions is null ? Task.CompletedTask : ConfirmSlotsAsync(sessions, newest);
        });
    }

    /// <summary>Handles an offer from the event stream of the node.</summary>
    public void HandleOffer(MediaAssignment source, RoomEvent offer) => PostEvent(source, sessions =>
    {
        sessions.HandleOffer(offer);
        return Task.CompletedTask;
    });

    /// <summary>Handles the event that the slots of the client carry other tracks.</summary>
    public void HandleSlots(MediaAssignment source, RoomEvent slots) => PostEvent(source, sessions =>
    {
        sessions.HandleSlots(slots);
        return Task.CompletedTask;
    });

    /// <summary>Handles the event that there are more tracks for this participant than one session can carry.</summary>
    public void HandleFullSession(string? reason) => _client.Send(new ErrorMessage(ErrorCode.TooManyTracks, reason ?? "There are more tracks than one connection can receive.", SessionId: SubscribeSession));

    /// <summary>
    /// Restarts a session that the node ended (<see cref="MemberSessions.IsEndedByNode"/>), unless another session is open by then. Backs off if sessions end
    /// repeatedly.
    /// </summary>
    public void HandleEndedSession(MediaAssignment source, RoomEvent ended) => PostEvent(source, async sessions =>
    {
        if (!sessions.IsCurrent(ended))
        {
            return;
        }

        var wait = _backoff.Next(_services.Time.GetUtcNow());
        if (wait == TimeSpan.Zero)
        {
            await RestartSessionAsync(sessions, ended).ConfigureAwait(false);
        }
        else
        {
            _ = RestartSessionLaterAsync(source, ended, wait);
        }
    });

    /// <summary>Stops all calls. With <paramref name="leave"/>, also removes the participant from the node.</summary>
    public async Task CloseAsync(bool leave)
    {
        await _closed.CancelAsync().ConfigureAwait(false);
        await _calls.DisposeAsync().ConfigureAwait(false);
        if (leave && _media.Room is { } room)
        {
            await room.TryRemoveParticipantAsync(ParticipantId).ConfigureAwait(false);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await CloseAsync(leave: false).ConfigureAwait(false);
        _closed.Dispose();
    }

    private TimeSpan Now => _services.Time.GetElapsedTime(0);

    private static MemberSessions Require(MemberSessions? sessions) => sessions ?? throw new NotPlacedException();

    /// <summary>Queues a call to the room that participants use when the call runs. It gets the sessions there, or null if there is no room.</summary>
    private void Post(Func<MemberSessions?, Task> call) => _calls.Post(() => _closed.IsCancellationRequested ? Task.CompletedTask : call(SelectSessions()));

    /// <summary>Queues an event of a room. Drops it if the sessions are in another room by then.</summary>
    private void PostEvent(MediaAssignment source, Func<MemberSessions, Task> handle) => _calls.Post(() =>
        !_closed.IsCancellationRequested && _sessions is { } sessions && sessions.Room.Assignment == source ? handle(sessions) : Task.CompletedTask);

    /// <summary>Returns the sessions in the room that participants use. Forgets those of the room before.</summary>
    private MemberSessions? SelectSessions()
    {
        if (_media.Room is not { } room)
        {
            return null;
        }

        if (_sessions is { } sessions && sessions.Room.Assignment == room.Assignment)
        {
            return sessions;
        }

        return _sessions = new MemberSessions(room, _client);
    }

    /// <summary>Queues a call with a large body. Limits the number of queued calls, in case the node hangs.</summary>
    private void PostBounded(Func<MemberSessions?, Task> call, string? session, string? reference = null)
    {
        if (Interlocked.Increment(ref _waiting) > MaxWaiting)
        {
            Interlocked.Decrement(ref _waiting);
            _services.Metrics.Rejected(WireName.Of(ErrorCode.RateLimited));
            _client.Send(new ErrorMessage(ErrorCode.RateLimited, "Too many offers and answers are queued for the media node. Wait for each response before sending the next.", reference, session));
            return;
        }

        Post(async sessions =>
        {
            try
            {
                await call(sessions).ConfigureAwait(false);
            }
            finally
            {
                Interlocked.Decrement(ref _waiting);
            }
        });
    }

    private async Task CallAndReportAsync(Func<Task> call, string? session = null, string? reference = null)
    {
        try
        {
            await call().ConfigureAwait(false);
        }
        catch (Exception e) when (NodeCallFailure.IsParticipantRemoved(e))
        {
            // A host removed the participant, which also closes its socket.
        }
        catch (NotPlacedException)
        {
            _client.Send(new ErrorMessage(ErrorCode.NotPlaced, "The meeting has no media node now. 'media-restart' follows when it has one.", reference));
        }
        catch (Exception e) when (NodeCallFailure.Of(e) is { } failure && !_closed.IsCancellationRequested)
        {
            _services.Metrics.NodeFailed(failure.Reason);
            LogCallFailed(_logger, ParticipantId, failure.Reason, e.Message);
            _client.Send(new ErrorMessage(failure.Code, failure.Message, reference, session));
        }
    }

    /// <summary>
    /// Restarts a publish session through the client, which sends its offers, and a subscribe session directly, because the node sends its offers.
    /// </summary>
    private Task RestartSessionAsync(MemberSessions sessions, RoomEvent ended)
    {
        if (ended.Kind == "publish")
        {
            return StartAsync(sessions, fresh: true, MeetingMedia.Lost);
        }

        sessions.EndSubscribe();
        return StartAsync(sessions, fresh: true, reason: null);
    }

    private async Task RestartSessionLaterAsync(MediaAssignment source, RoomEvent ended, TimeSpan wait)
    {
        await Task.Delay(wait, _services.Time, _closed.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        PostEvent(source, sessions => sessions.IsCurrent(ended) ? RestartSessionAsync(sessions, ended) : Task.CompletedTask);
    }

    private async Task StartAsync(MemberSessions? sessions, bool fresh, string? reason)
    {
        if (sessions is null || HasMoved(sessions) || (sessions.SubscribeSession is not null && reason != MeetingMedia.Lost))
        {
            return;
        }

        if (reason is not null && _hasStarted)
        {
            _client.Send(new MediaRestartMessage(reason, sessions.Room.Assignment.Generation));
        }

        var isReported = false;
        for (var wait = FirstRetry; ; wait = wait * 2 < LastRetry ? wait * 2 : LastRetry)
        {
            try
            {
                await SubscribeAsync(sessions, fresh).ConfigureAwait(false);
                _hasStarted = true;
                return;
            }
            catch (Exception) when (_closed.IsCancellationRequested)
            {
                return;
            }
            catch (Exception e) when (NodeCallFailure.IsParticipantRemoved(e))
            {
                return;
            }
            catch (Exception e) when (NodeCallFailure.Of(e) is { } failure)
            {
                _services.Metrics.NodeFailed(failure.Reason);
                LogCallFailed(_logger, ParticipantId, failure.Reason, e.Message);
                if (!isReported)
                {
                    isReported = true;
                    _client.Send(new ErrorMessage(ErrorCode.MediaFailed, failure.Message));
                }
            }

            // Otherwise all retries would belong to one trace.
            SignalingTracing.LeaveCurrent();

            await Task.Delay(wait, _services.Time, _closed.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (_closed.IsCancellationRequested || HasMoved(sessions))
            {
                // The meeting has moved, so a start on the next node is already queued. The client may have a connection to this node.
                _hasStarted = true;
                return;
            }
        }
    }

    /// <summary>Returns true if the meeting uses another room or none. A start in the next room is then queued, or follows with it.</summary>
    private bool HasMoved(MemberSessions sessions) => _media.Assignment != sessions.Room.Assignment;

    private async Task SubscribeAsync(MemberSessions sessions, bool fresh)
    {
        await sessions.Room.PutParticipantAsync(ParticipantId, _closed.Token).ConfigureAwait(false);
        if (_client.Entry is { Audio: false } or { Video: false })
        {
            var muted = new MuteState { Microphone = _client.Entry.Audio ? null : true, Camera = _client.Entry.Video ? null : true };
            await sessions.Room.MuteAsync(ParticipantId, muted, _closed.Token).ConfigureAwait(false);
        }

        var offer = await sessions.RequestSubscribeAsync(restart: fresh, _closed.Token).ConfigureAwait(false);
        await SendViewAsync(sessions).ConfigureAwait(false); // the node may be another one, or have dropped the participant meanwhile
        sessions.BeginSubscribe(offer);
    }

    private async Task SendViewLaterAsync(TimeSpan wait)
    {
        if (wait > TimeSpan.Zero)
        {
            await Task.Delay(wait, _services.Time, _closed.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        Post(sessions =>
        {
            lock (_gate)
            {
                _isViewQueued = false;
                _viewPace.Record(Now);
            }

            // Without a session, its start sends the view.
            return sessions?.SubscribeSession is null ? Task.CompletedTask : CallAndReportAsync(() => SendViewAsync(sessions));
        });
    }

    private async Task SendViewAsync(MemberSessions sessions)
    {
        ViewRequest? view;
        lock (_gate)
        {
            view = _view;
        }

        if (view is null)
        {
            return;
        }

        try
        {
            await sessions.Room.ViewAsync(ParticipantId, view, _closed.Token).ConfigureAwait(false);
        }
        catch (NodeControlException e) when (e.Status == System.Net.HttpStatusCode.NotFound)
        {
            // A media node of an earlier version, which sends everything in one quality; or the node has lost the participant, whose next session gets the view again.
        }
    }

    private async Task ConfirmSlotsAsync(MemberSessions sessions, SlotsAppliedMessage applied)
    {
        try
        {
            await sessions.ConfirmSlotsAsync(applied, _closed.Token).ConfigureAwait(false);
        }
        catch (NodeControlException e) when (NodeCallFailure.IsParticipantRemoved(e) || e.Status == System.Net.HttpStatusCode.NotFound)
        {
            // A host removed the participant; or the node is of an earlier version or has lost the participant, and a new session follows.
        }
        catch (Exception e) when (NodeCallFailure.Of(e) is { } failure)
        {
            _services.Metrics.NodeFailed(failure.Reason);
            _ = ConfirmSlotsLaterAsync(applied); // the client confirms each version once, and the node waits for it
        }
    }

    private async Task ConfirmSlotsLaterAsync(SlotsAppliedMessage applied)
    {
        await Task.Delay(LastRetry, _services.Time, _closed.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        Post(sessions => sessions is null ? Task.CompletedTask : ConfirmSlotsAsync(sessions, applied));
    }

    private async Task PublishAsync(MemberSessions sessions, OfferMessage offer)
    {
        // Without a session ID, the SDP origin shows whether the offer comes from a new peer connection.
        var restart = offer.Restart || (offer.SessionId is null && _media.IsOtherPublisher(_client.Identity, offer.Sdp));
        var answer = await sessions.PublishAsync(offer, restart, _closed.Token).ConfigureAwait(false);
        _media.RecordPublisher(ParticipantId, offer.Sdp);
        _client.Send(new ForwardedAnswerMessage(ProtocolLimits.Sfu, answer.Sdp, answer.SessionId, offer.Reference));
    }

    [LoggerMessage(3020, LogLevel.Information, "Participant {Participant}: a call to the media node failed ({Reason}): {Message}")]
    private static partial void LogCallFailed(ILogger logger, string participant, string reason, string message);

    [LoggerMessage(3021, LogLevel.Error, "Participant {Participant}: a step of the media session failed.")]
    private static partial void LogUnexpected(ILogger logger, Exception e, string participant);

    private sealed class NotPlacedException : Exception;
}
