using MeetOperator.Kube.Metadata;

namespace MeetOperator.Operator.Cluster;

/// <summary>
/// Limits the rate of writes that can be delayed, over all objects together. Each object that wants to write gets the next free slot and keeps it, so they write in the order in
/// which they asked, and what changes in the meantime costs no further write. Writes that cannot be delayed may move the slots back. Thread-safe.
/// </summary>
internal sealed class WriteSlots(int perSecond, TimeProvider time)
{
    private readonly Lock _gate = new();
    private readonly Dictionary<NamespacedName, long> _slots = [];

    /// <summary>Limits the writes whose slots have passed at the same time, as after a suspension of the process.</summary>
    private readonly WriteBudget _budget = new(perSecond, time);
    private readonly long _interval = Math.Max(1, time.TimestampFrequency / perSecond);

    /// <summary>The time of the slots: how long they have not been held up.</summary>
    private long _clock;
    private long _clockSet = time.GetTimestamp();
    private long _heldUntil;
    private long _next;

    /// <summary>How long a write must still wait; zero when it may proceed, which uses up the slot.</summary>
    public TimeSpan Wait(NamespacedName key)
    {
        lock (_gate)
        {
            var now = Now();
            if (!_slots.TryGetValue(key, out var slot))
            {
                slot = Next(key, now);
            }

            var held = Math.Max(0, _heldUntil - _clockSet);
            if (slot <= now && held == 0 && !_budget.TryTake())
            {
                slot = Next(key, now + _interval);
            }

            if (slot + held > now)
            {
                return time.GetElapsedTime(now, slot + held);
            }

            _slots.Remove(key);
            return TimeSpan.Zero;
        }
    }

    /// <summary>Counts a write that was not delayed: all slots move back by one. Many such writes hold them up for at most a second.</summary>
    public void GiveWay()
    {
        lock (_gate)
        {
            Now();
            _heldUntil = Math.Min(Math.Max(_heldUntil, _clockSet) + _interval, _clockSet + time.TimestampFrequency);
        }
    }

    /// <summary>Gives up the object's slot: its figures have been written with another change, or it is gone.</summary>
    public void Forget(NamespacedName key)
    {
        lock (_gate)
        {
            _slots.Remove(key);
        }
    }

    private long Now()
    {
        var now = time.GetTimestamp();
        _clock += Math.Max(0, now - Math.Max(_clockSet, _heldUntil));
        _clockSet = now;
        return _clock;
    }

    private long Next(NamespacedName key, long earliest)
    {
        var slot = Math.Max(earliest, _next);
        _next = slot + _interval;
        return _slots[key] = slot;
    }
}
