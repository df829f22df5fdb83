using MeetOperator.Sfu.Layers;

namespace MeetOperator.MediaNode.Loops;

/// <summary>The links of a loop to other loops of this media node. Used by the loop's thread.</summary>
internal sealed class LoopLinks
{
    /// <summary>Packets of all links that are handled before other work of the loop has its turn: as many as one batch of datagrams of each of two sockets.</summary>
    public const int MaxPackets = 128;

    /// <summary>
    /// What one layer takes for retransmissions: 650 ms of the largest layer of a camera, and seconds of a small one. That is enough for clients, because a packet that they miss was lost on their
    /// own line. The links themselves keep packets in order, and lose them only while a loop falls behind.
    /// </summary>
    public const int HistoryBytes = 96 * 1024;

    /// <summary>The same for all links of a loop: 1,024 layers. Beyond them, layers are forwarded without retransmissions.</summary>
    public const long RetransmissionBytes = 1024L * HistoryBytes;
    private int _first;
    private LoopLink[] _links = [];

    public int Count => _links.Length;

    /// <summary>The memory for retransmissions to those who get the tracks of other loops here.</summary>
    public MemoryBudget Retransmissions { get; } = new(RetransmissionBytes, HistoryBytes);

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
