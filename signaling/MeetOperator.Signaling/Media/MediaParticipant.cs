using System.Runtime.CompilerServices;
using MeetOperator.NodeControl;
using MeetOperator.Signaling.Protocol;

namespace MeetOperator.Signaling;

/// <summary>
/// The bridge between one member's socket and the media node: what the client asks is done in order, what fails is told to the client, and
/// nothing of it closes the socket.
/// </summary>
public sealed partial class MediaParticipant : IAsyncDisposable
{
    private static readonly TimeSpan FirstRetry = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan LastRetry = TimeSpan.FromSeconds(2);

    /// <summary>Offers and answers that may wait for the node: a client has one offer under way, and answers each of the server's.</summary>
    private const int MaxWaiting = 8;

    private readonly RoomLink room;
    private readonly Member member;
    private readonly SessionLoop calls;
    private readonly CancellationTokenSource closed = new();
    private MediaAssignment? started;
    private readonly RestartPace pace = new();

    /// <summary>Guards the last offer and the mutes that wait.</summary>
    private readonly Lock gate = new();
    private readonly Dictionary<MediaType, bool> mutes = [];
    private StrongBox<OfferMessage>? lastOffer;
    private int waiting;
    private volatile string? subscribeSession;

    /// <summary>Null also while it was opened over a socket of before.</summary>
    private string? publishSession;
    private int sentRevision;

    internal MediaParticipant(RoomLink room, Member member)
    {
        this.room = room;
        this.member = member;
        calls = new SessionLoop(e => LogUnexpected(room.Logger, e, member.ParticipantId));
    }

    public string ParticipantId => member.ParticipantId;

    /// <summary>The session in which the node offers; null while none is open. May be read by any thread.</summary>
    internal string? SubscribeSession => subscribeSession;

    /// <summary>Opens the media session at the present node, or at the next one as soon as there is one.</summary>
    /// <param name="fresh">A new subscribe session in place of an old one.</param>
    public void Start(bool fresh) => Post(assignment => StartAsync(assignment, fresh, reason: null));

    /// <summary>As <see cref="Start"/>, and tells the client to begin anew; only when it had begun.</summary>
    public void Restart(string reason) => Post(assignment => StartAsync(assignment, fresh: true, reason));

    /// <summary>Begins anew after the node lost <paramref name="session"/>, unless there is another by then.</summary>
    internal void RestartLost(string session) => Post(assignment => session == subscribeSession ? StartAsync(assignment, fresh: true, RoomLink.Lost) : Task.CompletedTask);

    public void Publish(OfferMessage offer)
    {
        var next = new StrongBox<OfferMessage>(offer);
        lock (gate)
        {
            if (offer.Restart && lastOffer is not null)
            {
                // The waiting offer's session would be replaced at once.
                lastOffer.Value = offer;
                return;
            }

            if (waiting < MaxWaiting)
            {
                lastOffer = next;
            }
        }

        PostBounded(
            assignment =>
            {
                OfferMessage taken;
                lock (gate)
                {
                    taken = next.Value!;
                    lastOffer = lastOffer == next ? null : lastOffer;
                }

                return AnsweredAsync(() => PublishAsync(Placed(assignment), taken), taken.SessionId, taken.Reference);
            },
            offer.SessionId,
            offer.Reference);
    }

    public void Answer(AnswerMessage answer) => PostBounded(assignment => AnsweredAsync(async () =>
    {
        try
        {
            await room.CallAsync(Placed(assignment), (node, ct) => node.AnswerAsync(
                room.MeetingId, ParticipantId, new SubscribeAnswer { SessionId = answer.SessionId, Revision = answer.Revision ?? sentRevision, Sdp = answer.Sdp }, ct), closed.Token).ConfigureAwait(false);
        }
        catch (NodeControlException e) when (e.Code == "stale-revision")
        {
            // A newer offer is on its way to the client, and its answer will do.
        }
    }, answer.SessionId), answer.SessionId);

    /// <summary>Lets the node drop (or forward again) the microphone or the camera, whatever the client sends. Of several that wait the last counts.</summary>
    public void Mute(MediaType kind, bool muted)
    {
        lock (gate)
        {
            var waits = mutes.ContainsKey(kind);
            mutes[kind] = muted;
            if (waits)
            {
                return;
            }
        }

        Post(assignment =>
        {
            lock (gate)
            {
                mutes.Remove(kind, out muted);
            }

            return assignment is null ? Task.CompletedTask : AnsweredAsync(() => MuteAsync(assignment, kind, muted));
        });
    }

    /// <summary>An offer of the node, by its event stream.</summary>
    public void Offered(RoomEvent offer) => Post(_ =>
    {
        Forward(offer.SessionId, offer.Revision ?? 0, offer.Sdp ?? string.Empty, offer.Tracks ?? []);
        return Task.CompletedTask;
    });

    /// <summary>The node has more tracks for this participant than a session can carry.</summary>
    public void Full(string? reason) => member.Send(new ErrorMessage(ErrorCode.TooManyTracks, reason ?? "There are more tracks than one connection can receive.", SessionId: subscribeSession));

    /// <summary>
    /// The node gave up a session of its own accord. One that a client or another replica closes or replaces has no reason, and one whose path fails is
    /// seen to by the client, which notices that too.
    /// </summary>
    internal static bool IsEndedByNode(RoomEvent state) => state is { State: "failed", Reason: "error" } or { State: "closed", Reason: "renegotiation-limit" };

    /// <summary>Begins a session anew that <see cref="IsEndedByNode"/>, unless there is another by then.</summary>
    public void Ended(RoomEvent ended) => Post(async assignment =>
    {
        if (!IsCurrent(ended))
        {
            return;
        }

        var wait = pace.Next(room.Time.GetUtcNow());
        if (wait == TimeSpan.Zero)
        {
            await BeginAnewAsync(assignment, ended).ConfigureAwait(false);
        }
        else
        {
            _ = BeginLaterAsync(ended, wait);
        }
    });

    /// <summary>Stops; with <paramref name="leave"/> the node forgets the participant.</summary>
    public async Task CloseAsync(bool leave)
    {
        await closed.CancelAsync().ConfigureAwait(false);
        await calls.DisposeAsync().ConfigureAwait(false);
        if (leave && room.Assignment is { } assignment)
        {
            await room.ForgetAsync(assignment, ParticipantId).ConfigureAwait(false);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await CloseAsync(leave: false).ConfigureAwait(false);
        closed.Dispose();
    }

    private static MediaAssignment Placed(MediaAssignment? assignment) => assignment ?? throw new NotPlacedException();

    private void Post(Func<MediaAssignment?, Task> call) => calls.Post(() => closed.IsCancellationRequested ? Task.CompletedTask : call(room.Assignment));

    /// <summary>For calls that may be large: only so many are kept while the node hangs.</summary>
    private void PostBounded(Func<MediaAssignment?, Task> call, string? session, string? reference = null)
    {
        if (Interlocked.Increment(ref waiting) > MaxWaiting)
        {
            Interlocked.Decrement(ref waiting);
            room.Metrics.Refused(WireName.Of(ErrorCode.RateLimited));
            member.Send(new ErrorMessage(ErrorCode.RateLimited, "Too many offers and answers wait for the media node. Wait for the answer to one before the next.", reference, session));
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
                Interlocked.Decrement(ref waiting);
            }
        });
    }

    private async Task AnsweredAsync(Func<Task> call, string? session = null, string? reference = null)
    {
        try
        {
            await call().ConfigureAwait(false);
        }
        catch (NotPlacedException)
        {
            member.Send(new ErrorMessage(ErrorCode.NotPlaced, "No media node carries the meeting now; 'media-restart' follows.", reference));
        }
        catch (Exception e) when (NodeFailure.Of(e) is { } failure && !closed.IsCancellationRequested)
        {
            room.Metrics.NodeFailed(failure.Cause);
            LogCallFailed(room.Logger, ParticipantId, failure.Cause, e.Message);
            member.Send(new ErrorMessage(failure.Code, failure.Message, reference, session));
        }
    }

    private bool IsCurrent(RoomEvent ended) => ended.Kind switch
    {
        "subscribe" => ended.SessionId is not null && ended.SessionId == subscribeSession,
        "publish" => publishSession is null || ended.SessionId == publishSession,
        _ => false,
    };

    /// <summary>The client offers what it publishes; the server what it subscribes to.</summary>
    private Task BeginAnewAsync(MediaAssignment? assignment, RoomEvent ended)
    {
        if (ended.Kind == "publish")
        {
            return StartAsync(assignment, fresh: true, RoomLink.Lost);
        }

        started = null;
        return StartAsync(assignment, fresh: true, reason: null);
    }

    private async Task BeginLaterAsync(RoomEvent ended, TimeSpan wait)
    {
        await Task.Delay(wait, room.Time, closed.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        Post(assignment => IsCurrent(ended) ? BeginAnewAsync(assignment, ended) : Task.CompletedTask);
    }

    private async Task StartAsync(MediaAssignment? assignment, bool fresh, string? reason)
    {
        if (assignment is null || (assignment == started && subscribeSession is not null && reason != RoomLink.Lost))
        {
            return;
        }

        if (reason is not null && started is not null)
        {
            member.Send(new MediaRestartMessage(reason, assignment.Generation));
        }

        var told = false;
        for (var wait = FirstRetry; ; wait = wait * 2 < LastRetry ? wait * 2 : LastRetry)
        {
            try
            {
                await SubscribeAsync(assignment, fresh).ConfigureAwait(false);
                started = assignment;
                return;
            }
            catch (Exception) when (closed.IsCancellationRequested)
            {
                return;
            }
            catch (Exception e) when (NodeFailure.Of(e) is { } failure)
            {
                room.Metrics.NodeFailed(failure.Cause);
                LogCallFailed(room.Logger, ParticipantId, failure.Cause, e.Message);
                if (!told)
                {
                    told = true;
                    member.Send(new ErrorMessage(ErrorCode.MediaFailed, failure.Message));
                }
            }

            await Task.Delay(wait, room.Time, closed.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (closed.IsCancellationRequested || room.Assignment != assignment)
            {
                // Another node has it by now: its start is next in line, and the client may hold a connection to this one.
                started ??= assignment;
                return;
            }
        }
    }

    private async Task SubscribeAsync(MediaAssignment assignment, bool fresh)
    {
        await room.PutAsync(assignment, ParticipantId, closed.Token).ConfigureAwait(false);
        if (member.Entry is { Audio: false } or { Video: false })
        {
            await room.CallAsync(assignment, (node, ct) => node.MuteAsync(
                room.MeetingId,
                ParticipantId,
                new TrackMuteRequest { Muted = new MuteState { Microphone = member.Entry.Audio ? null : true, Camera = member.Entry.Video ? null : true } },
                ct), closed.Token).ConfigureAwait(false);
        }

        subscribeSession = null;
        sentRevision = 0;
        var offer = await room.CallAsync(assignment, (node, ct) => node.SubscribeAsync(
            room.MeetingId, ParticipantId, new SubscribeRequest { Generation = assignment.Generation, Restart = fresh }, ct), closed.Token).ConfigureAwait(false);
        subscribeSession = offer.SessionId;
        Forward(offer.SessionId, offer.Revision, offer.Sdp, offer.Tracks);
    }

    private async Task PublishAsync(MediaAssignment assignment, OfferMessage offer)
    {
        var request = new SdpOffer
        {
            Generation = assignment.Generation,
            Sdp = offer.Sdp,
            Tracks = [.. offer.Tracks.Select(t => new TrackDescription { Mid = t.Mid, Kind = KindOf(t.Source), Source = WireName.Of(t.Source) })],
            SessionId = offer.SessionId,

            // A client that names the session knows which of its connections this is; of another one the SDP has to tell.
            Restart = offer.Restart || (offer.SessionId is null && room.IsOtherPublisher(member.Identity, offer.Sdp)),
        };
        SdpAnswer answer;
        try
        {
            answer = await room.CallAsync(assignment, (node, ct) => node.PublishAsync(room.MeetingId, ParticipantId, request, ct), closed.Token).ConfigureAwait(false);
        }
        catch (NodeControlException e) when (NodeFailure.IsUnknownParticipant(e))
        {
            await room.PutAsync(assignment, ParticipantId, closed.Token).ConfigureAwait(false);
            answer = await room.CallAsync(assignment, (node, ct) => node.PublishAsync(room.MeetingId, ParticipantId, request, ct), closed.Token).ConfigureAwait(false);
        }

        publishSession = answer.SessionId;
        room.PublishedBy(ParticipantId, offer.Sdp);
        member.Send(new ForwardedAnswerMessage(ProtocolLimits.Sfu, answer.Sdp, answer.SessionId, offer.Reference));
    }

    private Task MuteAsync(MediaAssignment assignment, MediaType kind, bool muted) => room.CallAsync(assignment, (node, ct) => node.MuteAsync(
        room.MeetingId,
        ParticipantId,
        new TrackMuteRequest { Muted = kind == MediaType.Audio ? new MuteState { Microphone = muted } : new MuteState { Camera = muted } },
        ct), closed.Token);

    /// <summary>Sends an offer once. Offers of a session that was replaced are dropped, and so are empty ones: nothing is there to receive.</summary>
    private void Forward(string? session, int revision, string sdp, IReadOnlyList<TrackDescription> tracks)
    {
        if ((session is not null && subscribeSession is not null && session != subscribeSession) || revision <= sentRevision || !SdpText.HasMedia(sdp))
        {
            return;
        }

        sentRevision = revision;
        member.Send(new ForwardedOfferMessage(
            ProtocolLimits.Sfu, sdp, revision, [.. tracks.Select(t => new OfferedTrack(t.Mid ?? string.Empty, t.ParticipantId, t.Kind, t.Source))], session));
    }

    private static string KindOf(TrackSource source) => source is TrackSource.Microphone or TrackSource.ScreenAudio ? "audio" : "video";

    [LoggerMessage(3020, LogLevel.Information, "Participant {Participant}: a call to the media node failed ({Cause}): {Reason}")]
    private static partial void LogCallFailed(ILogger logger, string participant, string cause, string reason);

    [LoggerMessage(3021, LogLevel.Error, "Participant {Participant}: a step of the media session failed.")]
    private static partial void LogUnexpected(ILogger logger, Exception e, string participant);

    private sealed class NotPlacedException : Exception;
}
