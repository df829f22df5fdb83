namespace MeetOperator.Sfu.Peers;

/// <summary>The SSRCs of recently removed tracks of a connection, whose late packets may still arrive.</summary>
internal sealed class RemovedSsrcs
{
    /// <summary>Room for the maximum number of layers of a client, each with an RTX stream.</summary>
    private const int Capacity = 62;
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
