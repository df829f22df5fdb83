namespace MeetOperator.MediaNode.Loops;

/// <summary>The links of a loop to other loops of this media node. Used by the loop's thread.</summary>
internal sealed class LoopLinks
{
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

    /// <summary>Handles a batch of packets of each link, passes on what is for other loops, and returns the number of packets.</summary>
    public int Receive(long nowTicks)
    {
        var count = 0;
        foreach (var link in _links)
        {
            count += link.Receive(nowTicks);
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
