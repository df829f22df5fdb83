namespace MeetOperator.MediaNode.Loops;

/// <summary>The links of a loop to other loops of this media node. Used by the loop's thread.</summary>
internal sealed class LoopLinks
{
    /// <summary>Packets of all links that are handled before other work of the loop has its turn: as many as one batch of datagrams of each of two sockets.</summary>
    public const int MaxPackets = 128;
    private int _first;
    private LoopLink[] _links = [];

    public int Count => _links.Length;

    public IReadOnlyList<LoopLink> All => _links;

    /// <summary>Whether something was sent that the other loops do not see yet.</summary>
    public bool HasUnsent { get; set; }

    /// <summary>Whether the loop has something to receive.</summary>
    public bool HasNews
    {
        get
        {
            foreach (var link in _links)
            {
                if (link.HasNews)
                {
                    return true;
                }
            }

            return false;
        }
    }

    public void Add(LoopLink link) => _links = [.. _links, link];

    public void Remove(LoopLink link) => _links = [.. _links.Where(l => l != link)];

    /// <summary>Handles a batch of packets, of which each link gets a share, passes on what is for other loops, and returns the number of packets.</summary>
    public int Receive(long nowTicks)
    {
        var links = _links;
        if (links.Length == 0)
        {
            return 0;
        }

        var share = Math.Max(1, MaxPackets / links.Length);
        var count = 0;
        for (var i = 0; i < links.Length && count < MaxPackets; i++)
        {
            _first = (_first + 1) % links.Length; // the next batch begins where this one ends
            count += links[_first].Receive(nowTicks, share);
        }

        Flush();
        return count;
    }

    /// <summary>Passes what was sent to the other loops.</summary>
    public void Flush()
    {
        if (!HasUnsent)
        {
            return;
        }

        HasUnsent = false;
        foreach (var link in _links)
        {
            link.Flush();
        }
    }
}
