using System.Globalization;
using MeetOperator.Kube.Core;

namespace MeetOperator.Kube.Runtime.Events;

/// <summary>
/// Decides how to record an event: create an Event, increase the count of an existing one, or drop it because the rate limit of its object is
/// reached. Dropped events are counted, and the next write of the same event includes them. Not thread-safe.
/// </summary>
internal sealed class EventAggregator(int maxWritesPerMinute, int maxEntries)
{
    /// <summary>After this time without repetition, the same event creates a new Event, as in client-go.</summary>
    private static readonly TimeSpan EntryLifetime = TimeSpan.FromMinutes(10);

    private static readonly TimeSpan Window = TimeSpan.FromMinutes(1);

    private readonly Dictionary<Key, Entry> _entries = [];
    private readonly Dictionary<(string?, string?, string?), Queue<DateTimeOffset>> _writes = [];

    public EventDecision Observe(ObjectReference target, EventType type, string reason, string message, DateTimeOffset now)
    {
        var key = new Key(target.Uid, target.Kind, target.Namespace, target.Name, type, reason, message);
        if (!_entries.TryGetValue(key, out var entry) || now - entry.Last > EntryLifetime)
        {
            entry = new Entry { First = now };
            _entries[key] = entry;
        }

        entry.Count++;
        entry.Last = now;
        Prune(now);
        if (!TryReserveWrite((target.Uid, target.Namespace, target.Name), now))
        {
            return new EventDecision(EventAction.Drop, string.Empty, entry.Count, entry.First);
        }

        if (entry.Name is not null)
        {
            return new EventDecision(EventAction.Count, entry.Name, entry.Count, entry.First);
        }

        // The naming convention of client-go: object name and time in hexadecimal.
        entry.Name = string.Create(CultureInfo.InvariantCulture, $"{Shorten(target.Name ?? "object")}.{now.UtcTicks + _entries.Count:x}");
        return new EventDecision(EventAction.Create, entry.Name, entry.Count, entry.First);
    }

    private static string Shorten(string name) => name.Length <= 200 ? name : name[..200].TrimEnd('-', '.');

    private bool TryReserveWrite((string?, string?, string?) target, DateTimeOffset now)
    {
        if (!_writes.TryGetValue(target, out var writes))
        {
            _writes[target] = writes = new Queue<DateTimeOffset>();
        }

        while (writes.TryPeek(out var oldest) && now - oldest >= Window)
        {
            writes.Dequeue();
        }

        if (writes.Count >= maxWritesPerMinute)
        {
            return false;
        }

        writes.Enqueue(now);
        return true;
    }

    private void Prune(DateTimeOffset now)
    {
        if (_entries.Count <= maxEntries)
        {
            return;
        }

        // Removing half of the entries at once makes the sort rare.
        foreach (var (key, _) in _entries.OrderBy(pair => pair.Value.Last).Take(_entries.Count - (maxEntries / 2)).ToArray())
        {
            _entries.Remove(key);
        }

        foreach (var (target, _) in _writes.Where(pair => pair.Value.All(time => now - time >= Window)).ToArray())
        {
            _writes.Remove(target);
        }
    }

    private readonly record struct Key(string? Uid, string? Kind, string? Namespace, string? Name, EventType Type, string Reason, string Message);

    private sealed class Entry
    {
        public string? Name { get; set; }
        public int Count { get; set; }
        public DateTimeOffset First { get; init; }
        public DateTimeOffset Last { get; set; }
    }
}

internal readonly record struct EventDecision(EventAction Action, string Name, int Count, DateTimeOffset First);

internal enum EventAction
{
    Create,
    Count,
    Drop,
}
