namespace MeetOperator.Signaling.Data.Bus;

/// <summary>
/// Combines concurrent requests into batched calls. Requests that arrive while a call runs go into the next call, so a request never waits for a batch to
/// fill, and at most one call runs at a time. Thread-safe.
/// </summary>
/// <param name="maxWeight">Maximum total weight of the requests in one call. A single heavier request is sent alone.</param>
/// <param name="weigh">Returns the weight of a request.</param>
/// <param name="send">Sends a batch and returns one response per request, in the same order. If it throws, every request in the batch fails.</param>
internal sealed class RequestBatcher<TRequest, TResponse>(int maxWeight, Func<TRequest, int> weigh, Func<IReadOnlyList<TRequest>, Task<IReadOnlyList<TResponse>>> send)
{
    private readonly Lock _gate = new();
    private readonly Queue<PendingRequest> _waiting = new();
    private bool _running;

    public async Task<TResponse> SendAsync(TRequest request, CancellationToken ct)
    {
        var pending = new PendingRequest(request);
        bool isFirst;
        lock (_gate)
        {
            _waiting.Enqueue(pending);
            isFirst = !_running;
            _running = true;
        }

        if (isFirst)
        {
            _ = Task.Run(RunAsync, CancellationToken.None);
        }

        return await pending.Response.Task.WaitAsync(ct).ConfigureAwait(false);
    }

    private async Task RunAsync()
    {
        while (Take() is { Count: > 0 } taken)
        {
            try
            {
                var responses = await send([.. taken.Select(p => p.Request)]).ConfigureAwait(false);
                for (var i = 0; i < taken.Count; i++)
                {
                    taken[i].Response.TrySetResult(responses[i]);
                }
            }
            catch (Exception e)
            {
                foreach (var pending in taken)
                {
                    pending.Response.TrySetException(e);
                    _ = pending.Response.Task.Exception;
                }
            }
        }
    }

    private List<PendingRequest> Take()
    {
        lock (_gate)
        {
            var (taken, weight) = (new List<PendingRequest>(), 0);
            while (_waiting.TryPeek(out var next) && (taken.Count == 0 || weight + weigh(next.Request) <= maxWeight))
            {
                weight += weigh(next.Request);
                taken.Add(_waiting.Dequeue());
            }

            _running = taken.Count > 0;
            return taken;
        }
    }

    private sealed record PendingRequest(TRequest Request)
    {
        public TaskCompletionSource<TResponse> Response { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
