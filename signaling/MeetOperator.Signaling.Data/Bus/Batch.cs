namespace MeetOperator.Signaling.Data;

/// <summary>
/// Answers many questions with one call. What is asked while a call runs goes into the next one, so nobody waits for more to come, and however many ask
/// there is one call under way.
/// </summary>
/// <param name="most">How much one call takes.</param>
/// <param name="weigh">How much of that a question is.</param>
/// <param name="answer">Answers all of them, in order.</param>
internal sealed class Batch<TQuestion, TAnswer>(int most, Func<TQuestion, int> weigh, Func<IReadOnlyList<TQuestion>, Task<IReadOnlyList<TAnswer>>> answer)
{
    private readonly Lock gate = new();
    private readonly Queue<Asked> waiting = new();
    private bool running;

    public async Task<TAnswer> AskAsync(TQuestion question, CancellationToken ct)
    {
        var asked = new Asked(question);
        bool isFirst;
        lock (gate)
        {
            waiting.Enqueue(asked);
            isFirst = !running;
            running = true;
        }

        if (isFirst)
        {
            _ = Task.Run(RunAsync, CancellationToken.None);
        }

        return await asked.Answer.Task.WaitAsync(ct).ConfigureAwait(false);
    }

    private async Task RunAsync()
    {
        while (Take() is { Count: > 0 } taken)
        {
            try
            {
                var answers = await answer([.. taken.Select(a => a.Question)]).ConfigureAwait(false);
                for (var i = 0; i < taken.Count; i++)
                {
                    taken[i].Answer.TrySetResult(answers[i]);
                }
            }
            catch (Exception e)
            {
                foreach (var asked in taken)
                {
                    asked.Answer.TrySetException(e);
                    _ = asked.Answer.Task.Exception;
                }
            }
        }
    }

    private List<Asked> Take()
    {
        lock (gate)
        {
            var (taken, weight) = (new List<Asked>(), 0);
            while (waiting.TryPeek(out var next) && (taken.Count == 0 || weight + weigh(next.Question) <= most))
            {
                weight += weigh(next.Question);
                taken.Add(waiting.Dequeue());
            }

            running = taken.Count > 0;
            return taken;
        }
    }

    private sealed record Asked(TQuestion Question)
    {
        public TaskCompletionSource<TAnswer> Answer { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
