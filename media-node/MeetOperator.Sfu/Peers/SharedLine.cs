using System.Runtime.InteropServices;
using MeetOperator.Sfu.Allocation;

namespace MeetOperator.Sfu.Peers;

/// <summary>
/// The subscribers of a room that have one address, so that they may share one line (<see cref="LineSharing"/>). About once a second, all are added, then the line is shared, then all are
/// limited. Used by one thread.
/// </summary>
public sealed class SharedLine
{
    private readonly LineSharing _sharing = new();
    private readonly List<LineUse> _uses = [];
    private int _count;

    /// <summary>Whether no subscriber was added since the last <see cref="Share"/>.</summary>
    public bool IsEmpty => _count == 0;

    /// <summary>Adds what a subscriber gets now.</summary>
    public void Add(Subscriber subscriber)
    {
        ArgumentNullException.ThrowIfNull(subscriber);
        _count++;
        if (subscriber.Use is { } use)
        {
            _uses.Add(use);
        }
    }

    /// <summary>Decides on what those who were added may get.</summary>
    public void Share(long nowTicks)
    {
        _sharing.Update(nowTicks, CollectionsMarshal.AsSpan(_uses));
        _uses.Clear();
        _count = 0;
    }

    /// <summary>Limits what a subscriber gets to its part.</summary>
    public void Limit(Subscriber subscriber)
    {
        ArgumentNullException.ThrowIfNull(subscriber);
        subscriber.Limit(_sharing);
    }
}
