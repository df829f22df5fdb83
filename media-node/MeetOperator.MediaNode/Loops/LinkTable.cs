using MeetOperator.Relay.Framing;
using MeetOperator.Relay.Transport;

namespace MeetOperator.MediaNode.Loops;

/// <summary>The links of a loop by the tag in their datagrams, and the datagrams that were dropped. Used by the loop's thread.</summary>
internal sealed class LinkTable
{
    private static readonly LinkDropReason[] Reasons = [.. Enum.GetValues<LinkDropReason>().Where(reason => reason != LinkDropReason.None)];

    private readonly Dictionary<uint, LinkSession> _links = [];

    /// <summary>The drops of links that have ended, and of datagrams without link.</summary>
    private readonly long[] _drops = new long[Reasons.Length];

    public int Count => _links.Count;

    public IReadOnlyCollection<LinkSession> All => _links.Values;

    /// <summary>Returns the link with the tag, or null.</summary>
    public LinkSession? Find(uint tag) => _links.GetValueOrDefault(tag);

    /// <summary>Adds a link. Throws when another one has its tag.</summary>
    public void Add(LinkSession link)
    {
        if (!_links.TryAdd(link.Tag, link))
        {
            throw new ArgumentException($"Tag {link.Tag} belongs to another link.", nameof(link));
        }
    }

    /// <summary>Removes a link.</summary>
    public void Remove(LinkSession link)
    {
        _links.Remove(link.Tag);
        for (var i = 0; i < Reasons.Length; i++)
        {
            _drops[i] += link.Drops[Reasons[i]];
        }
    }

    /// <summary>Passes a datagram to the link with its tag, which authenticates it, or drops and counts it. An exception ends that link.</summary>
    public void Handle(long nowTicks, long arrivalTicks, Span<byte> datagram)
    {
        if (!LinkDatagram.TryRead(datagram, out var header))
        {
            Drop(LinkDropReason.Malformed);
        }
        else if (!_links.TryGetValue(header.Tag, out var link))
        {
            Drop(LinkDropReason.UnknownTag);
        }
        else
        {
            Handle(nowTicks, arrivalTicks, link, datagram);
        }
    }

    /// <summary>Adds the drops of all links by reason to figures by name, such as "LinkUnknownTag".</summary>
    public void AddDrops(Dictionary<string, long> figures)
    {
        for (var i = 0; i < Reasons.Length; i++)
        {
            var sum = _drops[i];
            foreach (var link in _links.Values)
            {
                sum += link.Drops[Reasons[i]];
            }

            figures[$"Link{Reasons[i]}"] = sum;
        }
    }

    private static void Handle(long nowTicks, long arrivalTicks, LinkSession link, Span<byte> datagram)
    {
        try
        {
            link.Handle(nowTicks, arrivalTicks, datagram);
        }
        catch (Exception e)
        {
            link.Fail(e);
        }
    }

    private void Drop(LinkDropReason reason) => _drops[Array.IndexOf(Reasons, reason)]++;
}
