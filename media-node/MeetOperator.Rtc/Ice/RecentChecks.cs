using System.Buffers.Binary;
using MeetOperator.Rtc.Datagrams;

namespace MeetOperator.Rtc.Ice;

/// <summary>
/// The most recent checks, for replay detection. STUN has no replay protection, but every check of a client has its own transaction ID, and
/// its retransmissions come from the same address.
/// </summary>
internal sealed class RecentChecks
{
    /// <summary>Enough for several minutes of checks from a connected client, and for all checks while it connects.</summary>
    private const int Capacity = 64;

    private readonly (ulong High, uint Low, PathId Path)[] _seen = new (ulong, uint, PathId)[Capacity];
    private int _count;
    private int _next;

    /// <summary>Returns the path of an earlier check with the same transaction ID, or records the check and returns null.</summary>
    internal PathId? FindOrRecord(ReadOnlySpan<byte> transactionId, PathId path)
    {
        var (high, low) = (BinaryPrimitives.ReadUInt64BigEndian(transactionId), BinaryPrimitives.ReadUInt32BigEndian(transactionId[8..]));
        for (var i = 0; i < _count; i++)
        {
            if (_seen[i].High == high && _seen[i].Low == low)
            {
                return _seen[i].Path;
            }
        }

        _seen[_next] = (high, low, path);
        _next = (_next + 1) % Capacity;
        _count = Math.Min(_count + 1, Capacity);
        return null;
    }
}
