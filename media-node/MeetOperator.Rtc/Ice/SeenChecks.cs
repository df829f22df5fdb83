using System.Buffers.Binary;

namespace MeetOperator.Rtc.Ice;

/// <summary>
/// The checks that came last. STUN has no protection against a copy that somebody else sends again, but every check of a client has a
/// transaction id of its own, and its repetitions come from the same address.
/// </summary>
internal sealed class SeenChecks
{
    /// <summary>Minutes of a connected client's checks, and all of them while it connects.</summary>
    private const int Capacity = 64;

    private readonly (ulong High, uint Low, TransportAddress From)[] seen = new (ulong, uint, TransportAddress)[Capacity];
    private int count;
    private int next;

    /// <summary>The address that a check came from before; null when it is new, and then it is remembered.</summary>
    internal TransportAddress? Take(ReadOnlySpan<byte> transactionId, in TransportAddress from)
    {
        var (high, low) = (BinaryPrimitives.ReadUInt64BigEndian(transactionId), BinaryPrimitives.ReadUInt32BigEndian(transactionId[8..]));
        for (var i = 0; i < count; i++)
        {
            if (seen[i].High == high && seen[i].Low == low)
            {
                return seen[i].From;
            }
        }

        seen[next] = (high, low, from);
        next = (next + 1) % Capacity;
        count = Math.Min(count + 1, Capacity);
        return null;
    }
}
