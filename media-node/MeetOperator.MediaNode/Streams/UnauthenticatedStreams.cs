using System.Runtime.InteropServices;
using MeetOperator.Rtc.Datagrams;

namespace MeetOperator.MediaNode.Streams;

/// <summary>
/// The connections without an authentic check so far. When there are too many, a new one replaces the oldest: clients send their check at once, so the oldest is the least likely to be a client's.
/// One address has only a part of them. Not thread-safe.
/// </summary>
internal sealed class UnauthenticatedStreams
{
    /// <summary>Connections in total.</summary>
    public const int Max = 512;

    /// <summary>Connections of one IPv4 address, or of one IPv6 network of 64 bits. People behind one NAT share it, each for about one round trip.</summary>
    public const int MaxOfAddress = 64;
    private readonly Dictionary<uint, UnauthenticatedStream> _byNumber = [];
    private readonly Dictionary<(ulong High, ulong Low), int> _ofAddress = [];

    /// <summary>In the order of their deadlines, with those that were removed since.</summary>
    private readonly Queue<UnauthenticatedStream> _byAge = new();

    /// <summary>When the next one is late; <see cref="long.MaxValue"/> for none.</summary>
    public long NextTicks => SkipRemoved() is { } oldest ? oldest.DeadlineTicks : long.MaxValue;

    public UnauthenticatedStream? Find(uint number) => _byNumber.GetValueOrDefault(number);

    /// <summary>Adds a connection. Returns false when its address has too many.</summary>
    /// <param name="stream">The connection. Its deadline is not before that of others.</param>
    /// <param name="oldest">The one that it replaces, or null.</param>
    public bool TryAdd(UnauthenticatedStream stream, out UnauthenticatedStream? oldest)
    {
        oldest = null;
        ref var count = ref CollectionsMarshal.GetValueRefOrAddDefault(_ofAddress, KeyOf(stream.Address), out _);
        if (count == MaxOfAddress)
        {
            return false;
        }

        count++;
        if (_byNumber.Count == Max && (oldest = SkipRemoved()) is not null)
        {
            Remove(oldest);
        }

        _byNumber.Add(stream.Address.Connection, stream);
        _byAge.Enqueue(stream);
        return true;
    }

    public void Remove(UnauthenticatedStream stream)
    {
        if (_byNumber.Remove(stream.Address.Connection))
        {
            var key = KeyOf(stream.Address);
            if (--CollectionsMarshal.GetValueRefOrNullRef(_ofAddress, key) == 0)
            {
                _ofAddress.Remove(key);
            }
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
        List<UnauthenticatedStream> all = [.. _byNumber.Values];
        all.ForEach(Remove);
        return all;
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

    private static (ulong High, ulong Low) KeyOf(in TransportAddress address) => address.IsIPv4 ? (address.High, address.Low) : (address.High, 0);
}
