namespace MeetOperator.Relay.Channel;

/// <summary>The receiving side of an <see cref="OrderedChannel"/>: keeps segments until all earlier ones have arrived and their messages are taken.</summary>
internal sealed class ReceiveWindow
{
    private const int Size = SendWindow.Size;

    private readonly byte[]?[] _contents = new byte[]?[Size];
    private readonly int[] _lengths = new int[Size];
    private uint _read;
    private int _offset;

    /// <summary>The number of the first segment that has not arrived.</summary>
    internal uint Next { get; private set; }

    /// <summary>The segments after <see cref="Next"/> that have arrived: bit i stands for the i-th number after it.</summary>
    internal ulong Later { get; private set; }

    /// <summary>Stores the content of a segment. False when it is a copy, or when there is no place for it.</summary>
    internal bool TryStore(uint number, ReadOnlySpan<byte> content)
    {
        var distance = number - Next;
        if (distance >= Size || number - _read >= Size || (distance > 0 && (Later & (1UL << (int)(distance - 1))) != 0))
        {
            return false;
        }

        var slot = number % Size;
        content.CopyTo(_contents[slot] ??= new byte[Segment.MaximumContentLength]);
        _lengths[slot] = content.Length;
        if (distance > 0)
        {
            Later |= 1UL << (int)(distance - 1);
            return true;
        }

        for (Next++; (Later & 1) != 0; Next++)
        {
            Later >>= 1;
        }

        Later >>= 1;
        return true;
    }

    /// <summary>Gets the next message in order. It is valid until the next call of a method.</summary>
    internal bool TryTake(out ReadOnlySpan<byte> message)
    {
        for (; _read != Next; _read++, _offset = 0)
        {
            var content = _contents[_read % Size].AsSpan(0, _lengths[_read % Size]);
            ReadOnlySpan<byte> rest = content[_offset..];
            if (Segment.TryTakeMessage(ref rest, OrderedChannel.MaximumMessageLength, out message, out _))
            {
                _offset = content.Length - rest.Length;
                return true;
            }
        }

        message = default;
        return false;
    }
}
