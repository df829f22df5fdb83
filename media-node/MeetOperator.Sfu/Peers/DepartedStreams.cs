namespace MeetOperator.Sfu.Peers;

/// <summary>The SSRCs that tracks of a connection had when they were removed, the newest few: their late packets are still on the way.</summary>
internal sealed class DepartedStreams
{
    /// <summary>Those of as many tracks as a client may send, with their retransmissions.</summary>
    private const int Capacity = 32;
    private readonly uint?[] _ssrcs = new uint?[Capacity];
    private int _next;

    public void Add(uint? ssrc)
    {
        if (ssrc is not null && !Contains(ssrc.Value))
        {
            _ssrcs[_next] = ssrc;
            _next = (_next + 1) % Capacity;
        }
    }

    public bool Contains(uint ssrc) => Array.IndexOf(_ssrcs, ssrc) >= 0;
}
