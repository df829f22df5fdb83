using System.Runtime.InteropServices;
using MeetOperator.Rtc.Datagrams;

namespace MeetOperator.MediaNode.Streams;

/// <summary>
/// The connections without an authentic check so far. When there are too many, a new one replaces the oldest of the address that has most, in the site that has most: a site that floods the port replaces
/// its own ones, and clients on slow lines, with few connections each, have their time. Of addresses with as many, the oldest connection is replaced: clients send their check at once, so it is the least
/// likely to be a client's. One address has only a part of them. Not thread-safe.
/// </summary>
internal sealed class UnauthenticatedStreams
{
    /// <summary>Connections in total.</summary>
    public const int Max = 512;

    /// <summary>Connections of one IPv4 address, or of one IPv6 network of 64 bits. People behind one NAT share it, each for about one round trip.</summary>
    public const int MaxOfAddress = 64;
    private readonly Dictionary<uint, LinkedListNode<UnauthenticatedStream>> _byNumber = [];

    /// <summary>Those of each address.</summary>
    private readonly Dictionary<ClientNetwork, OfAddress> _ofAddress = [];
    private readonly Dictionary<ClientNetwork, OfSite> _ofSite = [];

    /// <summary>In the order of their deadlines, with those that were removed since.</summary>
    private readonly Queue<UnauthenticatedStream> _byAge = new();

    /// <summary>When the next one is late; <see cref="long.MaxValue"/> for none.</summary>
    public long NextTicks => SkipRemoved() is { } oldest ? oldest.DeadlineTicks : long.MaxValue;

    public UnauthenticatedStream? Find(uint number) => _byNumber.GetValueOrDefault(number)?.Value;

    /// <summary>Adds a connection. Returns false when its address has too many.</summary>
    /// <param name="stream">The connection. Its deadline is not before that of others.</param>
    /// <param name="replaced">The one that it replaces, or null.</param>
    public bool TryAdd(UnauthenticatedStream stream, out UnauthenticatedStream? replaced)
    {
        replaced = null;
        var network = ClientNetwork.Of(stream.Address);
        ref var own = ref CollectionsMarshal.GetValueRefOrAddDefault(_ofAddress, network, out _);
        if (own is null)
        {
            ref var site = ref CollectionsMarshal.GetValueRefOrAddDefault(_ofSite, network.Site, out _);
            own = new OfAddress(site ??= new OfSite());
        }
        else if (own.Streams.Count == MaxOfAddress)
        {
            return false;
        }

        own.Site.Count++;
        _byNumber.Add(stream.Address.Connection, own.Streams.AddLast(stream));
        _byAge.Enqueue(stream);
        if (_byNumber.Count > Max)
        {
            replaced = OldestOfMost();
            Remove(replaced);
        }

        return true;
    }

    public void Remove(UnauthenticatedStream stream)
    {
        if (!_byNumber.Remove(stream.Address.Connection, out var place))
        {
            return;
        }

        var network = ClientNetwork.Of(stream.Address);
        var own = _ofAddress[network];
        own.Streams.Remove(place);
        if (own.Streams.Count == 0)
        {
            _ofAddress.Remove(network);
        }

        if (--own.Site.Count == 0)
        {
            _ofSite.Remove(network.Site);
        }
    }

    /// <summary>Removes a connection whose time is over. Null when there is none.</summary>
    public UnauthenticatedStream? TakeLate(long nowTicks)
    {
        if (SkipRemoved() is not { } oldest || nowTicks < oldest.DeadlineTicks)
        {
            return null;
        }

        Remove(oldest);
        return oldest;
    }

    public IReadOnlyList<UnauthenticatedStream> TakeAll()
    {
        List<UnauthenticatedStream> all = [.. _byNumber.Values.Select(static place => place.Value)];
        all.ForEach(Remove);
        return all;
    }

    /// <summary>The oldest connection of the address that has most, in the site that has most. It looks at each address, of which there are at most <see cref="Max"/>.</summary>
    private UnauthenticatedStream OldestOfMost()
    {
        OfAddress? most = null;
        foreach (var own in _ofAddress.Values)
        {
            if (most is null || own.Rank.CompareTo(most.Rank) > 0)
            {
                most = own;
            }
        }

        return most!.Oldest;
    }

    private UnauthenticatedStream? SkipRemoved()
    {
        while (_byAge.TryPeek(out var oldest))
        {
            if (_byNumber.ContainsKey(oldest.Address.Connection))
            {
                return oldest;
            }

            _byAge.Dequeue();
        }

        return null;
    }

    /// <summary>How many connections a site has.</summary>
    private sealed class OfSite
    {
        public int Count { get; set; }
    }

    private sealed class OfAddress(OfSite site)
    {
        public OfSite Site => site;

        /// <summary>In the order of their deadlines.</summary>
        public LinkedList<UnauthenticatedStream> Streams { get; } = new();

        public UnauthenticatedStream Oldest => Streams.First!.Value;

        /// <summary>The address with the highest one loses a connection.</summary>
        public (int OfSite, int OfAddress, long Age) Rank => (site.Count, Streams.Count, -Oldest.DeadlineTicks);
    }
}
