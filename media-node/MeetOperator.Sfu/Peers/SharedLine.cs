using MeetOperator.Sfu.Allocation;

namespace MeetOperator.Sfu.Peers;

/// <summary>The subscribers of a room that have one address, so that they may share one line (<see cref="LineSharing"/>). Used by one thread.</summary>
public sealed class SharedLine
{
    private readonly LineSharing _sharing = new();
    private LineUse[] _uses = [];

    /// <summary>Limits what each subscriber gets if they share a line. Call about once a second.</summary>
    public void Update(long nowTicks, IReadOnlyList<Subscriber> subscribers)
    {
        ArgumentNullException.ThrowIfNull(subscribers);
        if (_uses.Length < subscribers.Count)
        {
            _uses = new LineUse[subscribers.Count];
        }

        var count = 0;
        for (var i = 0; i < subscribers.Count; i++)
        {
            if (subscribers[i].Use is { } use)
            {
                _uses[count++] = use;
            }
        }

        _sharing.Update(nowTicks, _uses.AsSpan(0, count));
        for (var i = 0; i < subscribers.Count; i++)
        {
            subscribers[i].Limit(_sharing);
        }
    }
}
