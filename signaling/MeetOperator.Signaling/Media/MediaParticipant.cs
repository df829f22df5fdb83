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
/// Connects one member's socket to the media node. Executes the client's requests in order and reports failures to the client. Failures never close the socket.
/// Public methods are thread-safe.
/// </summary>
internal sealed partial class MediaParticipant : IAsyncDisposable
{
    private static readonly TimeSpan FirstRetry = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan LastRetry = TimeSpan.FromSeconds(2);

    /// <summary>Maximum number of queued offers and answers. A well-behaved client has one offer in progress and answers each offer of the server.</summary>
    private const int MaxWaiting = 8;

    /// <summary>The slots of our clients: as many pictures as a node gives, and places for the loudest, for pinned participants, and for the next speakers.</summary>
    private static readonly SlotCounts ClientSlots = new() { Audio = 6, Video = 28 };

    private readonly RoomLink _room;
    private readonly IMediaClient _client;
    private readonly SessionLoop _calls;
    private readonly CancellationTokenSource _closed = new();
    private MediaAssignment? _started;
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
    private volatile string? _subscribeSession;

    /// <summary>The publish session; null if there is none or if it was opened by a previous socket.</summary>
    private string? _publishSession;
    private int _sentRevision;
    private volatile int _sentSlots;
    private int _confirmedSlots;

    /// <summary>The newest assignment of slots that the client has applied and the node does not know yet.</summary>
    private SlotsAppliedMessage? _confirmed;

    internal MediaParticipant(RoomLink room, IMediaClient client)
    {
        _room = room;
        _client = client;
        _calls = new SessionLoop(e => LogUnexpected(room.Logger, e, client.Identity.ParticipantId));
    }

    public string ParticipantId => _client.Identity.ParticipantId;

    /// <summary>ID of the subscribe session, in which the node sends offers; null if none is open. Thread-safe.</summary>
    internal string? SubscribeSession => _subscribeSession;

    /// <summary>Opens the media session on the current node. Does nothing if there is none.</summary>
    /// <param name="fresh">True to replace an existing subscribe session with a new one.</param>
    public void Start(bool fresh) => Post(assignment => StartAsync(assignment, fresh, reason: null));

    /// <summary>Opens the media session again and, if it was open before, tells the client to restart its media.</summary>
    public void Restart(string reason) => Post(assignment => StartAsync(assignment, fresh: true, reason));

    /// <summary>Restarts after the node lost <paramref name="session"/>, unless another session is open by then.</summary>
    internal void RestartLost(string session) => Post(assignment => session == _subscribeSession ? StartAsync(assignment, fresh: true, RoomLink.Lost) : Task.CompletedTask);

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
            assignment =>
            {
                OfferMessage taken;
                lock (_gate)
                {
                    taken = next.Value!;
                    _lastOffer = _lastOffer == next ? null : _lastOffer;
                }

                return CallAndReportAsync(() => PublishAsync(RequireAssignment(assignment), taken), taken.SessionId, taken.Reference);
            },
            offer.SessionId,
            offer.Reference);
    }

    public void Answer(AnswerMessage answer) => PostBounded(assignment => CallAndReportAsync(async () =>
    {
        try
        {
            await _room.CallAsync(RequireAssignment(assignment), (node, ct) => node.AnswerAsync(
                _room.MeetingId, ParticipantId, new SubscribeAnswer { SessionId = answer.SessionId, Revision = answer.Revision ?? _sentRevision, Sdp = answer.Sdp }, ct), _closed.Token).ConfigureAwait(false);
        }
        catch (NodeControlException e) when (e.Code == "stale-revision")
        {
            // The client will answer the newer offer, which supersedes this one.
        }
    }, answer.SessionId), answer.SessionId);

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

        Post(assignment =>
        {
            lock (_gate)
            {
                _mutes.Remove(kind, out muted);
            }

            return assignment is null ? Task.CompletedTask : CallAndReportAsync(() => MuteAsync(assignment, kind, muted));
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
        if (applied.SessionId != _subscribeSession || applied.Version > _sentSlots)
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

        Post(assignment =>
        {
            SlotsAppliedMessage newest;
            lock (_gate)
            {
                (newest, _confirmed) = (_confirmed!, null);
            }

            return assignment is null ? Task.CompletedTask : ConfirmSlotsAsync(assignment, newest);
        });
    }

    /// <summary>Handles an offer from the event stream of the node.</summary>
    public void HandleOffer(RoomEvent offer) => Post(_ =>
    {
        Forward(offer.SessionId, offer.Revision ?? 0, offer.Sdp ?? string.Empty, offer.Tracks ?? [], offer.SlotsVersion);
        return Task.CompletedTask;
    });

    /// <summary>Handles the event that the slots of the client carry other tracks.</summary>
    public void HandleSlots(RoomEvent slots) => Post(_ =>
    {
        if (slots is { SessionId: { } session, SlotsVersion: { } version })
        {
            ForwardSlots(session, version, slots.Tracks ?? []);
        }

        return Task.CompletedTask;
    });

    /// <summary>Handles the event that there are more tracks for this participant than one session can carry.</summary>
    public void HandleFullSession(string? reason) => _client.Send(new ErrorMessage(ErrorCode.TooManyTracks, reason ?? "There are more tracks than one connection can receive.", SessionId: _subscribeSession));

    /// <summary>
    /// Returns true if the node itself ended the session. A session that a client or another replica closed or replaced has no reason, and the client detects and
    /// handles a failed network path.
    /// </summary>
    internal static bool IsEndedByNode(RoomEvent state) => state is { State: "failed", Reason: "error" } or { State: "closed", Reason: "renegotiation-limit" };

    /// <summary>
    /// Restarts a session that the node ended (<see cref="IsEndedByNode"/>), unless another session is open by then. Backs off if sessions end repeatedly.
    /// </summary>
    public void HandleEndedSession(RoomEvent ended) => Post(async assignment =>
    {
        if (!IsCurrent(ended))
        {
            return;
        }

        var wait = _backoff.Next(_room.Time.GetUtcNow());
        if (wait == TimeSpan.Zero)
        {
            await RestartSessionAsync(assignment, ended).ConfigureAwait(false);
        }
        else
        {
            _ = RestartSessionLaterAsync(ended, wait);
        }
    });

    /// <summary>Stops all calls. With <paramref name="leave"/>, also removes the participant from the node.</summary>
    public async Task CloseAsync(bool leave)
    {
        await _closed.CancelAsync().ConfigureAwait(false);
        await _calls.DisposeAsync().ConfigureAwait(false);
        if (leave && _room.Assignment is { } assignment)
        {
            await _room.RemoveParticipantAsync(assignment, ParticipantId).ConfigureAwait(false);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await CloseAsync(leave: false).ConfigureAwait(false);
        _closed.Dispose();
    }

    private TimeSpan Now => _room.Time.GetElapsedTime(0);

    private static MediaAssignment RequireAssignment(MediaAssignment? assignment) => assignment ?? throw new NotPlacedException();

    private void Post(Func<MediaAssignment?, Task> call) => _calls.Post(() => _closed.IsCancellationRequested ? Task.CompletedTask : call(_room.Assignment));

    /// <summary>Queues a call with a large body. Limits the number of queued calls, in case the node hangs.</summary>
    private void PostBounded(Func<MediaAssignment?, Task> call, string? session, string? reference = null)
    {
        if (Interlocked.Increment(ref _waiting) > MaxWaiting)
        {
            Interlocked.Decrement(ref _waiting);
            _room.Metrics.Rejected(WireName.Of(ErrorCode.RateLimited));
            _client.Send(new ErrorMessage(ErrorCode.RateLimited, "Too many offers and answers are queued for the media node. Wait for each response before sending the next.", reference, session));
            return;
        }

        Post(async assignment =>
        {
            try
            {
                await call(assignment).ConfigureAwait(false);
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
            _room.Metrics.NodeFailed(failure.Reason);
            LogCallFailed(_room.Logger, ParticipantId, failure.Reason, e.Message);
            _client.Send(new ErrorMessage(failure.Code, failure.Message, reference, session));
        }
    }

    private bool IsCurrent(RoomEvent ended) => ended.Kind switch
    {
        "subscribe" => ended.SessionId is not null && ended.SessionId == _subscribeSession,
        "publish" => _publishSession is null || ended.SessionId == _publishSession,
        _ => false,
    };

    /// <summary>
    /// Restarts a publish session through the client, which sends its offers, and a subscribe session directly, because the node sends its offers.
    /// </summary>
    private Task RestartSessionAsync(MediaAssignment? assignment, RoomEvent ended)
    {
        if (ended.Kind == "publish")
        {
            return StartAsync(assignment, fresh: true, RoomLink.Lost);
        }

        _started = null;
        return StartAsync(assignment, fresh: true, reason: null);
    }

    private async Task RestartSessionLaterAsync(RoomEvent ended, TimeSpan wait)
    {
        await Task.Delay(wait, _room.Time, _closed.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        Post(assignment => IsCurrent(ended) ? RestartSessionAsync(assignment, ended) : Task.CompletedTask);
    }

    private async Task StartAsync(MediaAssignment? assignment, bool fresh, string? reason)
    {
        if (assignment is null || (assignment == _started && _subscribeSession is not null && reason != RoomLink.Lost))
        {
            return;
        }

        if (reason is not null && _started is not null)
        {
            _client.Send(new MediaRestartMessage(reason, assignment.Generation));
        }

        var isReported = false;
        for (var wait = FirstRetry; ; wait = wait * 2 < LastRetry ? wait * 2 : LastRetry)
        {
            try
            {
                await SubscribeAsync(assignment, fresh).ConfigureAwait(false);
                _started = assignment;
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
                _room.Metrics.NodeFailed(failure.Reason);
                LogCallFailed(_room.Logger, ParticipantId, failure.Reason, e.Message);
                if (!isReported)
                {
                    isReported = true;
                    _client.Send(new ErrorMessage(ErrorCode.MediaFailed, failure.Message));
                }
            }

            // Otherwise all retries would belong to one trace.
            SignalingTracing.LeaveCurrent();

            await Task.Delay(wait, _room.Time, _closed.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (_closed.IsCancellationRequested || _room.Assignment != assignment)
            {
                // The meeting has moved, so a start on the next node is already queued. Mark this one as started, because the client may have a connection to
                // this node.
                _started ??= assignment;
                return;
            }
        }
    }

    private async Task SubscribeAsync(MediaAssignment assignment, bool fresh)
    {
        await _room.PutAsync(assignment, ParticipantId, _closed.Token).ConfigureAwait(false);
        if (_client.Entry is { Audio: false } or { Video: false })
        {
            await _room.CallAsync(assignment, (node, ct) => node.MuteAsync(
                _room.MeetingId,
                ParticipantId,
                new TrackMuteRequest { Muted = new MuteState { Microphone = _client.Entry.Audio ? null : true, Camera = _client.Entry.Video ? null : true } },
                ct), _closed.Token).ConfigureAwait(false);
        }

        _subscribeSession = null;
        (_sentRevision, _sentSlots, _confirmedSlots) = (0, 0, 0);
        var offer = await _room.CallAsync(assignment, (node, ct) => node.SubscribeAsync(
            _room.MeetingId, ParticipantId, new SubscribeRequest { Generation = assignment.Generation, Restart = fresh, Slots = _client.Slots ? ClientSlots : null }, ct), _closed.Token).ConfigureAwait(false);
        await SendViewAsync(assignment).ConfigureAwait(false); // the node may be another one, or have dropped the participant meanwhile
        _subscribeSession = offer.SessionId;
        Forward(offer.SessionId, offer.Revision, offer.Sdp, offer.Tracks, offer.SlotsVersion);
    }

    private async Task SendViewLaterAsync(TimeSpan wait)
    {
        if (wait > TimeSpan.Zero)
        {
            await Task.Delay(wait, _room.Time, _closed.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        Post(assignment =>
        {
            lock (_gate)
            {
                _isViewQueued = false;
                _viewPace.Record(Now);
            }

            // Without a session, its start sends the view.
            return assignment is null || _subscribeSession is null ? Task.CompletedTask : CallAndReportAsync(() => SendViewAsync(assignment));
        });
    }

    private async Task SendViewAsync(MediaAssignment assignment)
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
            await _room.CallAsync(assignment, (node, ct) => node.ViewAsync(_room.MeetingId, ParticipantId, view, ct), _closed.Token).ConfigureAwait(false);
        }
        catch (NodeControlException e) when (e.Status == System.Net.HttpStatusCode.NotFound)
        {
            // A media node of an earlier version, which sends everything in one quality; or the node has lost the participant, whose next session gets the view again.
        }
    }

    private async Task ConfirmSlotsAsync(MediaAssignment assignment, SlotsAppliedMessage applied)
    {
        if (applied.SessionId != _subscribeSession || applied.Version <= _confirmedSlots)
        {
            return;
        }

        try
        {
            await _room.CallAsync(
                assignment,
                (node, ct) => node.ConfirmSlotsAsync(_room.MeetingId, ParticipantId, new SlotsConfirmation { SessionId = applied.SessionId, Version = applied.Version }, ct),
                _closed.Token).ConfigureAwait(false);
            _confirmedSlots = applied.Version;
        }
        catch (NodeControlException e) when (NodeCallFailure.IsParticipantRemoved(e) || e.Status == System.Net.HttpStatusCode.NotFound)
        {
            // A host removed the participant; or the node is of an earlier version or has lost the participant, and a new session follows.
        }
        catch (Exception e) when (NodeCallFailure.Of(e) is { } failure)
        {
            _room.Metrics.NodeFailed(failure.Reason);
            _ = ConfirmSlotsLaterAsync(applied); // the client confirms each version once, and the node waits for it
        }
    }

    private async Task ConfirmSlotsLaterAsync(SlotsAppliedMessage applied)
    {
        await Task.Delay(LastRetry, _room.Time, _closed.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        Post(assignment => assignment is null ? Task.CompletedTask : ConfirmSlotsAsync(assignment, applied));
    }

    private async Task PublishAsync(MediaAssignment assignment, OfferMessage offer)
    {
        var request = new SdpOffer
        {
            Generation = assignment.Generation,
            Sdp = offer.Sdp,
            Tracks = [.. offer.Tracks.Select(t => new TrackDescription { Mid = t.Mid, Kind = KindOf(t.Source), Source = WireName.Of(t.Source) })],
            SessionId = offer.SessionId,

            // Without a session ID, the SDP origin shows whether the offer comes from a new peer connection.
            Restart = offer.Restart || (offer.SessionId is null && _room.IsOtherPublisher(_client.Identity, offer.Sdp)),
        };
        SdpAnswer answer;
        try
        {
            answer = await _room.CallAsync(assignment, (node, ct) => node.PublishAsync(_room.MeetingId, ParticipantId, request, ct), _closed.Token).ConfigureAwait(false);
        }
        catch (NodeControlException e) when (NodeCallFailure.IsUnknownParticipant(e))
        {
            await _room.PutAsync(assignment, ParticipantId, _closed.Token).ConfigureAwait(false);
            answer = await _room.CallAsync(assignment, (node, ct) => node.PublishAsync(_room.MeetingId, ParticipantId, request, ct), _closed.Token).ConfigureAwait(false);
        }

        _publishSession = answer.SessionId;
        _room.RecordPublisher(ParticipantId, offer.Sdp);
        _client.Send(new ForwardedAnswerMessage(ProtocolLimits.Sfu, answer.Sdp, answer.SessionId, offer.Reference));
    }

    private Task MuteAsync(MediaAssignment assignment, MediaType kind, bool muted) => _room.CallAsync(assignment, (node, ct) => node.MuteAsync(
        _room.MeetingId,
        ParticipantId,
        new TrackMuteRequest { Muted = kind == MediaType.Audio ? new MuteState { Microphone = muted } : new MuteState { Camera = muted } },
        ct), _closed.Token);

    /// <summary>Forwards an offer to the client, once per revision. Drops offers of replaced sessions and offers without media sections.</summary>
    private void Forward(string? session, int revision, string sdp, IReadOnlyList<TrackDescription> tracks, int? slots)
    {
        if (session is not null && slots is { } version && revision == _sentRevision)
        {
            // The event stream begins with the present offers, which tell what the slots carry now.
            ForwardSlots(session, version, tracks);
            return;
        }

        if ((session is not null && _subscribeSession is not null && session != _subscribeSession) || revision <= _sentRevision || !SdpText.HasMedia(sdp))
        {
            return;
        }

        (_sentRevision, _sentSlots) = (revision, slots ?? 0);
        _client.Send(new ForwardedOfferMessage(ProtocolLimits.Sfu, sdp, revision, [.. tracks.Select(ToOffered)], session, slots));
    }

    /// <summary>Tells the client what its slots carry, if that is news. Drops what is about another session.</summary>
    private void ForwardSlots(string session, int version, IReadOnlyList<TrackDescription> tracks)
    {
        if (session == _subscribeSession && version > _sentSlots)
        {
            _sentSlots = version;
            _client.Send(new SlotsMessage(session, version, [.. tracks.Select(ToOffered)]));
        }
    }

    private static OfferedTrack ToOffered(TrackDescription track) => new(track.Mid ?? string.Empty, track.ParticipantId, track.Kind, track.Source);

    private static string KindOf(TrackSource source) => source is TrackSource.Microphone or TrackSource.ScreenAudio ? "audio" : "video";

    [LoggerMessage(3020, LogLevel.Information, "Participant {Participant}: a call to the media node failed ({Reason}): {Message}")]
    private static partial void LogCallFailed(ILogger logger, string participant, string reason, string message);

    [LoggerMessage(3021, LogLevel.Error, "Participant {Participant}: a step of the media session failed.")]
    private static partial void LogUnexpected(ILogger logger, Exception e, string participant);

    private sealed class NotPlacedException : Exception;
}
