using MeetOperator.Signaling.Protocol;
using MeetOperator.Signaling.Protocol.Client;

namespace MeetOperator.Signaling.Media;

/// <summary>What the media nodes of one member must know of its client: which sources it has muted, and what it shows. Thread-safe.</summary>
/// <param name="client">The client.</param>
/// <param name="calls">The queue of the member.</param>
/// <param name="services">What the media side of every meeting needs.</param>
/// <param name="nodes">Returns the member's nodes that can be reached, or null if there are none. Called in the queue.</param>
internal sealed class ClientState(IMediaClient client, MemberCalls calls, MediaServices services, Func<MemberNodes?> nodes)
{
    private readonly ClientView _view = new();
    private readonly WantedMutes _mutes = new();

    private TimeSpan Now => services.Time.GetElapsedTime(0);

    /// <summary>Makes the node stop or resume forwarding the microphone or camera. Of several queued requests, only the last is executed.</summary>
    public void Mute(MediaType kind, bool muted)
    {
        if (_mutes.TryEnqueue(kind, muted))
        {
            calls.Post(() =>
            {
                _mutes.Dequeue(kind);
                return nodes() is { } reachable
                    ? calls.RunOnEachAsync(reachable, WireName.Of(kind), (node, ct) => node.Room.MuteAsync(client.Identity.ParticipantId, _mutes.Find(kind), ct))
                    : Task.CompletedTask;
            });
        }
    }

    /// <summary>Tells the node what the client shows, at the rate of <see cref="ViewPace"/>. Of several views in between, only the last reaches the node.</summary>
    public void View(ViewMessage view)
    {
        if (_view.Enqueue(view, Now) is { } wait)
        {
            _ = SendViewLaterAsync(wait);
        }
    }

    /// <summary>Tells a node what is muted, unless it is what the node assumes.</summary>
    public Task SendMutesAsync(MemberSessions sessions, CancellationToken ct) =>
        _mutes.Combine(client.Entry) is { } muted ? sessions.Room.MuteAsync(client.Identity.ParticipantId, muted, ct) : Task.CompletedTask;

    /// <summary>Tells a node what the client shows, if it has said so.</summary>
    public Task SendViewAsync(MemberSessions sessions, CancellationToken ct) => _view.Latest is { } view ? sessions.ShowAsync(view, ct) : Task.CompletedTask;

    /// <summary>Tells a node that the member has moved away from, and now stays on, what it may have missed meanwhile. A failure is not reported, as for other calls to former nodes.</summary>
    public async Task RepeatAsync(MemberSessions sessions)
    {
        await sessions.FormerCalls.CancelAsync(services.Time).ConfigureAwait(false);
        try
        {
            await SendMutesAsync(sessions, calls.Closed).ConfigureAwait(false);
            await (sessions.SubscribeSession is null ? Task.CompletedTask : SendViewAsync(sessions, calls.Closed)).ConfigureAwait(false);
        }
        catch (Exception e) when (NodeCallFailure.Of(e) is { } failure)
        {
            calls.CountUnlessCanceled(failure, calls.Closed);
        }
    }

    private async Task SendViewLaterAsync(TimeSpan wait)
    {
        if (wait > TimeSpan.Zero)
        {
            await calls.DelayAsync(wait).ConfigureAwait(false);
        }

        calls.Post(() =>
        {
            _view.MarkSent(Now);

            // Without a session, its start sends the view.
            return nodes() is { } reachable
                ? calls.RunOnEachAsync(reachable, "view", (node, ct) => node.SubscribeSession is null ? Task.CompletedTask : SendViewAsync(node, ct))
                : Task.CompletedTask;
        });
    }
}
