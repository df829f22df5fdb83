using System.Buffers.Binary;

namespace MeetOperator.Relay.Channel;

/// <summary>Messages that wait for a place in the send window, in order and within limits. A message with the key of a waiting one takes its place.</summary>
internal sealed class MessageQueue
{
    private const int MaximumMessages = 8192;
    private const int MaximumBytes = 1024 * 1024;

    private readonly Queue<Waiting> _queue = new();
    private readonly Dictionary<ulong, Waiting> _byKey = [];
    private int _bytes;

    internal bool IsEmpty => _queue.Count == 0;

    /// <summary>Adds a copy of a message. False when a limit is reached.</summary>
    internal bool TryAdd(ReadOnlySpan<byte> message, ulong? key)
    {
        if (key is { } known && _byKey.TryGetValue(known, out var waiting))
        {
            _bytes += message.Length - waiting.Message.Length;
            waiting.Message = message.ToArray();
            return _bytes <= MaximumBytes;
        }

        if (_queue.Count >= MaximumMessages || _bytes + message.Length > MaximumBytes)
        {
            return false;
        }

        var added = new Waiting(message.ToArray(), key);
        _queue.Enqueue(added);
        _bytes += message.Length;
        if (key is { } newKey)
        {
            _byKey[newKey] = added;
        }

        return true;
    }

    /// <summary>Moves messages with their length fields to the destination while they fit. Returns the number of bytes written.</summary>
    internal int Take(Span<byte> destination)
    {
        var written = 0;
        while (_queue.TryPeek(out var waiting) && Segment.LengthField + waiting.Message.Length <= destination.Length - written)
        {
            BinaryPrimitives.WriteUInt16BigEndian(destination[written..], (ushort)waiting.Message.Length);
            waiting.Message.CopyTo(destination[(written + Segment.LengthField)..]);
            written += Segment.LengthField + waiting.Message.Length;
            _queue.Dequeue();
            _bytes -= waiting.Message.Length;
            if (waiting.Key is { } key)
            {
                _byKey.Remove(key);
            }
        }

        return written;
    }

    private sealed class Waiting(byte[] message, ulong? key)
    {
        internal byte[] Message { get; set; } = message;

        internal ulong? Key { get; } = key;
    }
}
