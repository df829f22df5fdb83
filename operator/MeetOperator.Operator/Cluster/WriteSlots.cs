using MeetOperator.Kube.Metadata;

namespace MeetOperator.Operator.Cluster;

/// <summary>
/// Limits the rate of writes that can be delayed, over all objects together. Each object that wants to write gets the next free slot and keeps it, so each has its turn, and what
/// changes in the meantime costs no further write. Writes that cannot be delayed may hold up the slots. Thread-safe.
/// </summary>
internal sealed class WriteSlots(int perSecond, TimeProvider time)
{
    /// <summary>While slots are held up, their time passes this many times more slowly. It does not stop, because writes that cannot be delayed may never pause.</summary>
    private const int HeldParts = 20;

    private readonly Lock _gate = new();
    private readonly Dictionary<NamespacedName, long> _slots = [];

    /// <summary>Slots that were given up before their time.</summary>
    private readonly SortedSet<long> _free = [];

    /// <summary>Limits the writes whose slots have passed at the same time, as after a suspension of the process.</summary>
    private readonly WriteBudget _budget = new(perSecond, time);
    private readonly long _interval = Math.Max(1, time.TimestampFrequency / perSecond);

    /// <summary>The time of the slots, which is slow while they are held up.</summary>
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

            if (slot <= now && !_budget.TryTake())
            {
                slot = Next(key, now + _interval);
            }

            if (slot > now)
            {
                return Until(slot - now);
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
            _heldUntil = Math.Min(Math.Max(_heldUntil, _clockSet) + (_interval * HeldParts / (HeldParts - 1)), _clockSet + time.TimestampFrequency);
        }
    }

    /// <summary>Gives up the object's slot, which another object can have: its figures have been written with another change, or it is gone.</summary>
    public void Forget(NamespacedName key)
    {
        lock (_gate)
        {
            if (_slots.Remove(key, out var slot) && slot > Now())
            {
                _free.Add(slot);
            }
        }
    }

    private long Now()
    {
        var now = time.GetTimestamp();
        var held = Math.Min(now - _clockSet, Held);
        _clock += now - _clockSet - held + (held / HeldParts);
        _clockSet = now;
        return _clock;
    }

    private long Held => Math.Max(0, _heldUntil - _clockSet);

    /// <summary>The time until the clock of the slots has advanced by <paramref name="ticks"/>, if nothing holds it up further.</summary>
    private TimeSpan Until(long ticks)
    {
        var slow = Held / HeldParts;
        var until = time.GetElapsedTime(0, ticks <= slow ? ticks * HeldParts : Held + ticks - slow);
        return until > TimeSpan.Zero ? until : TimeSpan.FromTicks(1);
    }

    private long Next(NamespacedName key, long earliest)
    {
        while (_free.Count > 0 && _free.Min < earliest)
        {
            _free.Remove(_free.Min);
        }

        if (_free.Count > 0)
        {
            var free = _free.Min;
            _free.Remove(free);
            return _slots[key] = free;
        }

        var slot = Math.Max(earliest, _next);
        _next = slot + _interval;
        return _slots[key] = slot;
    }
}
