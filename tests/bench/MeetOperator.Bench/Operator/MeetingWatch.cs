using System.Collections.Concurrent;
using MeetOperator.Contracts;
using MeetOperator.Kube.Runtime;

namespace MeetOperator.Bench.Operator;

/// <summary>Lets a caller wait until a meeting is seen in a state; null stands for a meeting that is gone.</summary>
internal sealed class MeetingWatch : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private readonly ConcurrentDictionary<string, (Func<Meeting?, bool> Wanted, TaskCompletionSource Seen)> _awaited = new(StringComparer.Ordinal);
    private readonly Informer<Meeting> _meetings;
    private readonly IDisposable _subscription;

    public MeetingWatch(Informer<Meeting> meetings)
    {
        _meetings = meetings;
        _subscription = meetings.OnChange(change => Look(change.Key.Name, change.New));
    }

    /// <summary>Call before the change is asked for; the task ends when it is seen.</summary>
    public Task UntilAsync(string name, Func<Meeting?, bool> wanted)
    {
        var seen = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _awaited[name] = (wanted, seen);
        if (_meetings.Get(new Kube.NamespacedName(OperatorStage.Namespace, name)) is { } known)
        {
            Look(name, known);
        }

        return seen.Task.WaitAsync(Patience);
    }

    public void Dispose() => _subscription.Dispose();

    private void Look(string name, Meeting? meeting)
    {
        if (_awaited.TryGetValue(name, out var entry) && entry.Wanted(meeting) && _awaited.TryRemove(name, out _))
        {
            entry.Seen.TrySetResult();
        }
    }
}
