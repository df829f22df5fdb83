using System.Collections.Concurrent;
using MeetOperator.Contracts.Meetings;
using MeetOperator.Kube.Metadata;
using MeetOperator.Kube.Runtime.Informers;

namespace MeetOperator.Bench.Operator;

/// <summary>Waits until a watch shows a meeting in a given state. A null meeting means that it was deleted.</summary>
internal sealed class MeetingWatch : IDisposable
{
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(60);
    private readonly ConcurrentDictionary<string, (Func<Meeting?, bool> Wanted, TaskCompletionSource Seen)> _awaited = new(StringComparer.Ordinal);
    private readonly Informer<Meeting> _meetings;
    private readonly IDisposable _subscription;

    public MeetingWatch(Informer<Meeting> meetings)
    {
        _meetings = meetings;
        _subscription = meetings.OnChange(change => Check(change.Key.Name, change.New));
    }

    /// <summary>Completes when the meeting matches <paramref name="wanted"/>. Call this before requesting the change.</summary>
    public Task UntilAsync(string name, Func<Meeting?, bool> wanted)
    {
        var seen = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _awaited[name] = (wanted, seen);
        if (_meetings.Get(new NamespacedName(OperatorStage.Namespace, name)) is { } known)
        {
            Check(name, known);
        }

        return seen.Task.WaitAsync(Timeout);
    }

    public void Dispose() => _subscription.Dispose();

    private void Check(string name, Meeting? meeting)
    {
        if (_awaited.TryGetValue(name, out var entry) && entry.Wanted(meeting) && _awaited.TryRemove(name, out _))
        {
            entry.Seen.TrySetResult();
        }
    }
}
