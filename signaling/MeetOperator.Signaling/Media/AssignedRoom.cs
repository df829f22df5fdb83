using MeetOperator.NodeControl;
using MeetOperator.Signaling.Kubernetes;
using MeetOperator.Signaling.Tracing;

namespace MeetOperator.Signaling.Media;

/// <summary>
/// The room on a media node that the operator assigned to a meeting: reads its event stream and refreshes its participants, from construction until it is disposed.
/// </summary>
internal sealed partial class AssignedRoom : IAsyncDisposable
{
    private static readonly TimeSpan FirstRetry = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan LastRetry = TimeSpan.FromSeconds(2);

    private readonly MediaServices _services;
    private readonly string _meetingId;
    private readonly ILogger _logger;
    private readonly CancellationTokenSource _closed = new();
    private readonly RoomReach _reach;
    private readonly RoomLife _life;
    private readonly Action<RoomKey> _onBreak;
    private readonly Action<AssignedRoom> _onReach;
    private volatile bool _isGone;

    /// <summary><see cref="RoomReach.SteadyAt"/>, in ticks.</summary>
    private long _steadyAt;

    /// <summary>The room was ended on purpose, so a missing room says nothing about the node.</summary>
    private bool _hasEnded;
    private readonly Task _watching;
    private readonly Task _refreshing;

    /// <param name="meetingId">ID of the meeting.</param>
    /// <param name="client">Calls to the room.</param>
    /// <param name="services">What the media side of every meeting needs.</param>
    /// <param name="participants">Returns the participants to refresh. Any thread may call it.</param>
    /// <param name="onEvent">Handles the events, one at a time. A failed call to the node in it counts as an interruption of the stream.</param>
    /// <param name="onBreak">Called when the event stream has ended. Must not block.</param>
    /// <param name="onReach">Called when <see cref="IsGone"/> has changed. Must not block.</param>
    public AssignedRoom(
        string meetingId,
        RoomClient client,
        MediaServices services,
        Func<IEnumerable<MediaParticipant>> participants,
        Func<RoomClient, RoomEvent, CancellationToken, Task> onEvent,
        Action<RoomKey> onBreak,
        Action<AssignedRoom> onReach)
    {
        _onBreak = onBreak;
        _onReach = onReach;
        _meetingId = meetingId;
        _services = services;
        _logger = services.Loggers.CreateLogger<AssignedRoom>();
        _reach = new RoomReach(services.Options.Timings.NodeReturnDelay);
        Client = client;
        _life = client.Begin();
        _watching = WatchAsync(onEvent, _closed.Token);
        _refreshing = RefreshAsync(participants, _closed.Token);
    }

    /// <summary>Calls to the room. They end when the room is disposed, except for removals.</summary>
    public RoomClient Client { get; }

    /// <summary>Whether the node seems to have failed (<see cref="RoomReach.IsGone"/>).</summary>
    public bool IsGone => _isGone;

    /// <summary>Whether the node seemed to have failed and is back, but so recently that those who have left it stay away (<see cref="RoomReach.SteadyAt"/>).</summary>
    public bool IsUnsteady => !_isGone && Now.Ticks < Volatile.Read(ref _steadyAt);

    /// <summary>The time since a fixed moment.</summary>
    private TimeSpan Now => _services.Time.GetElapsedTime(0);

    public async ValueTask DisposeAsync()
    {
        _life.GiveUp();
        await _closed.CancelAsync().ConfigureAwait(false);
        await Task.WhenAll(_watching, _refreshing).ConfigureAwait(false);
        _closed.Dispose();
    }

    private async Task WatchAsync(Func<RoomClient, RoomEvent, CancellationToken, Task> onEvent, CancellationToken ct)
    {
        await Task.Yield();
        SignalingTracing.LeaveCurrent();
        var wait = FirstRetry;
        while (!ct.IsCancellationRequested)
        {
            long? opened = null;
            try
            {
                await foreach (var roomEvent in Client.WatchAsync(ct).ConfigureAwait(false))
                {
                    Record(reach => reach.RecordAnswer(Now));
                    if (opened is null)
                    {
                        opened = _services.Time.GetTimestamp();
                        _ = Client.RepeatRemovalsAsync();
                    }

                    _hasEnded |= roomEvent is { Type: RoomEventTypes.RoomEnded, Reason: "deleted" };
                    await onEvent(Client, roomEvent, ct).ConfigureAwait(false);
                }
            }
            catch (Exception) when (ct.IsCancellationRequested)
            {
                return;
            }
            catch (Exception e) when (NodeCallFailure.Of(e) is { } failure)
            {
                if (opened is null && !_hasEnded)
                {
                    Record(reach => reach.RecordFailure(e));
                }

                LogStreamInterrupted(_logger, _meetingId, Client.Key.Node, failure.Reason, e.Message);
            }
            finally
            {
                _onBreak(Client.Key);
            }

            if (opened is { } since)
            {
                Record(reach => reach.RecordBreak(Now));
                wait = _services.Time.GetElapsedTime(since) >= LastRetry ? FirstRetry : wait; // A node that ends each stream at once is not called in a loop.
            }

            await Task.Delay(wait, _services.Time, ct).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            wait = wait * 2 < LastRetry ? wait * 2 : LastRetry;
        }
    }

    private void Record(Action<RoomReach> record)
    {
        record(_reach);
        Volatile.Write(ref _steadyAt, _reach.SteadyAt.Ticks);
        if (_reach.IsGone != _isGone)
        {
            _isGone = _reach.IsGone;
            _life.SetGone(_isGone);
            LogReach(_logger, _meetingId, Client.Key.Node, _isGone ? "gone: its members use another one, if the meeting has one" : "back");
            _onReach(this);
        }
    }

    private async Task RefreshAsync(Func<IEnumerable<MediaParticipant>> participants, CancellationToken ct)
    {
        SignalingTracing.LeaveCurrent();
        using var timer = new PeriodicTimer(_services.Options.Timings.RefreshInterval, _services.Time);
        try
        {
            while (await timer.WaitForNextTickAsync(ct).ConfigureAwait(false))
            {
                await Task.WhenAll(participants().Select(p => RefreshAsync(p, ct))).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException)
        {
            // The meeting has moved, or the session has ended.
        }
    }

    private async Task RefreshAsync(MediaParticipant participant, CancellationToken ct)
    {
        try
        {
            await Client.PutParticipantAsync(participant.ParticipantId, participant.Region, ct).ConfigureAwait(false);
        }
        catch (Exception) when (ct.IsCancellationRequested)
        {
            // The node has not failed.
        }
        catch (Exception e) when (NodeCallFailure.IsParticipantRemoved(e))
        {
            // A host removed the participant, which also stops its refreshes.
        }
        catch (Exception e) when (NodeCallFailure.Of(e) is { } failure)
        {
            _services.Metrics.NodeFailed(failure.Reason);
        }
    }

    [LoggerMessage(3031, LogLevel.Information, "Meeting {Meeting}: the event stream of {Node} was interrupted ({Reason}): {Message}")]
    private static partial void LogStreamInterrupted(ILogger logger, string meeting, string node, string reason, string message);

    [LoggerMessage(3039, LogLevel.Information, "Meeting {Meeting}: media node {Node} is {State}.")]
    private static partial void LogReach(ILogger logger, string meeting, string node, string state);
}
