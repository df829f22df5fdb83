using MeetOperator.Signaling.Loops;
using MeetOperator.Signaling.Protocol;
using MeetOperator.Signaling.Protocol.Server;

namespace MeetOperator.Signaling.Media;

/// <summary>
/// The queue of one member's calls to media nodes: runs them one after another until it is closed, limits how many large ones wait, and reports failures to the client. Thread-safe.
/// </summary>
internal sealed partial class MemberCalls(IMediaClient client, MediaServices services) : IAsyncDisposable
{
    /// <summary>Maximum number of queued offers and answers. A well-behaved client has one offer in progress and answers each offer of the server.</summary>
    private const int MaxWaiting = 8;

    private readonly ILogger _logger = services.Loggers.CreateLogger<MediaParticipant>();
    private readonly SessionLoop _loop = new(e => LogUnexpected(services.Loggers.CreateLogger<MediaParticipant>(), e, client.Identity.ParticipantId));
    private readonly CancellationTokenSource _closed = new();
    private int _waiting;

    /// <summary>Canceled when no further call begins.</summary>
    public CancellationToken Closed => _closed.Token;

    public bool IsClosed => _closed.IsCancellationRequested;

    /// <summary>Whether as many offers and answers wait as may.</summary>
    public bool IsFull => Volatile.Read(ref _waiting) >= MaxWaiting;

    /// <summary>Queues a call. It is dropped if the queue is closed by then.</summary>
    public void Post(Func<Task> call) => _loop.Post(() => IsClosed ? Task.CompletedTask : call());

    /// <summary>Queues a call with a large body. Limits the number of queued calls, in case the node hangs.</summary>
    public void PostBounded(Func<Task> call, string? session, string? reference = null)
    {
        if (Interlocked.Increment(ref _waiting) > MaxWaiting)
        {
            Interlocked.Decrement(ref _waiting);
            services.Metrics.Rejected(WireName.Of(ErrorCode.RateLimited));
            client.Send(new ErrorMessage(ErrorCode.RateLimited, "Too many offers and answers are queued for the media node. Wait for each response before sending the next.", reference, session));
            return;
        }

        Post(async () =>
        {
            try
            {
                await call().ConfigureAwait(false);
            }
            finally
            {
                Interlocked.Decrement(ref _waiting);
            }
        });
    }

    /// <summary>Waits, and returns early when the queue is closed.</summary>
    public async Task DelayAsync(TimeSpan wait) => await Task.Delay(wait, services.Time, Closed).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);

    /// <summary>Makes a call, and tells the client when it fails.</summary>
    public async Task RunAsync(Func<Task> call, string? session = null, string? reference = null)
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
            client.Send(new ErrorMessage(ErrorCode.NotPlaced, "The meeting has no media node now. 'media-restart' follows when it has one.", reference));
        }
        catch (Exception e) when (NodeCallFailure.Of(e) is { } failure && !IsClosed)
        {
            Record(failure, e);
            client.Send(new ErrorMessage(failure.Code, failure.Message, reference, session));
        }
    }

    /// <summary>
    /// Makes a call on each of the member's nodes. Waits only for the newest; the others get it beside the queue (<see cref="FormerCalls"/>), and failures there are not reported.
    /// </summary>
    /// <param name="nodes">The member's nodes.</param>
    /// <param name="kind">The kind of the call, of which only the last matters.</param>
    /// <param name="call">Makes the call. It runs later on a former node, so it must read there what it sends.</param>
    public Task RunOnEachAsync(MemberNodes nodes, string kind, Func<MemberSessions, CancellationToken, Task> call)
    {
        foreach (var former in nodes.Former)
        {
            RunBeside(former, kind, ct => TryCallAsync(former, ct));
        }

        return RunAsync(() => call(nodes.Newest!, Closed));

        async Task TryCallAsync(MemberSessions former, CancellationToken ct)
        {
            if (ct.IsCancellationRequested)
            {
                return;
            }

            try
            {
                await call(former, ct).ConfigureAwait(false);
            }
            catch (Exception e) when (NodeCallFailure.Of(e) is { } failure)
            {
                CountUnlessCanceled(failure, ct);
            }
        }
    }

    /// <summary>
    /// Makes a call to a former node beside the queue. Its token is canceled when the queue is closed, or the member no longer moves away from the node, possibly before the call begins.
    /// </summary>
    /// <param name="former">The sessions on the former node.</param>
    /// <param name="kind">The kind of the call, of which only the last matters.</param>
    /// <param name="call">Makes the call. Handles its failures.</param>
    public void RunBeside(MemberSessions former, string kind, Func<CancellationToken, Task> call) => former.FormerCalls.Run(kind, async canceled =>
    {
        using var linked = CancellationTokenSource.CreateLinkedTokenSource(canceled, Closed);
        await call(linked.Token).ConfigureAwait(false);
    });

    /// <summary>Counts a call that has failed and is not reported to the client, unless it was canceled.</summary>
    public void CountUnlessCanceled(NodeCallFailure failure, CancellationToken canceled)
    {
        if (!canceled.IsCancellationRequested)
        {
            services.Metrics.NodeFailed(failure.Reason);
        }
    }

    /// <summary>Counts and logs a failed call.</summary>
    public void Record(NodeCallFailure failure, Exception error)
    {
        services.Metrics.NodeFailed(failure.Reason);
        LogCallFailed(_logger, client.Identity.ParticipantId, failure.Reason, error.Message);
    }

    /// <summary>Lets no further call begin, cancels the present one, and waits for its end.</summary>
    public async Task CloseAsync()
    {
        await _closed.CancelAsync().ConfigureAwait(false);
        await _loop.DisposeAsync().ConfigureAwait(false);
    }

    public async ValueTask DisposeAsync()
    {
        await CloseAsync().ConfigureAwait(false);
        _closed.Dispose();
    }

    [LoggerMessage(3020, LogLevel.Information, "Participant {Participant}: a call to the media node failed ({Reason}): {Message}")]
    private static partial void LogCallFailed(ILogger logger, string participant, string reason, string message);

    [LoggerMessage(3021, LogLevel.Error, "Participant {Participant}: a step of the media session failed.")]
    private static partial void LogUnexpected(ILogger logger, Exception e, string participant);
}
