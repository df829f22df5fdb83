using System.Buffers.Binary;

namespace MeetOperator.Relay.Channel;

/// <summary>
/// Messages that wait for a place in the send window, in order and within limits. A message with a key supersedes a waiting one with the same key. It takes its place if no message
/// that it may not overtake waits behind it; otherwise the old one is removed and the new one is the last. The lower half of a key names what the message is about (a track). A
/// message overtakes none about the same, and none without a key, because that may be about anything.
/// </summary>
internal sealed class MessageQueue
{
    private const int MaximumMessages = 8192;
    private const int MaximumBytes = 1024 * 1024;

    private readonly LinkedList<Waiting> _queue = new();
    private readonly Dictionary<ulong, LinkedListNode<Waiting>> _byKey = [];

    /// <summary>The last waiting message with a key about each subject.</summary>
    private readonly Dictionary<uint, Waiting> _lastAbout = [];
    private long _added;
    private long _lastWithoutKey;
    private int _bytes;

    internal bool IsEmpty => _queue.Count == 0;

    /// <summary>Whether at most half of what may wait does.</summary>
    internal bool HasRoom => _queue.Count <= MaximumMessages / 2 && _bytes <= MaximumBytes / 2;

    /// <summary>Adds a copy of a message. False when a limit is reached.</summary>
    internal bool TryAdd(ReadOnlySpan<byte> message, ulong? key)
    {
        if (key is { } known && _byKey.TryGetValue(known, out var former))
        {
            if (IsNewest(former.Value, known))
            {
                _bytes += message.Length - former.Value.Message.Length;
                former.Value.Message = message.ToArray();
                return _bytes <= MaximumBytes;
            }

            Remove(former);
        }

        if (_queue.Count >= MaximumMessages || _bytes + message.Length > MaximumBytes)
        {
            return false;
        }

        var added = new Waiting(message.ToArray(), key, ++_added);
        var node = _queue.AddLast(added);
        _bytes += message.Length;
        if (key is { } newKey)
        {
            _byKey[newKey] = node;
            _lastAbout[(uint)newKey] = added;
        }
        else
        {
            _lastWithoutKey = added.Number;
        }

        return true;
    }

    /// <summary>Moves messages with their length fields to the destination while they fit. Returns the number of bytes written.</summary>
    internal int Take(Span<byte> destination)
    {
        var written = 0;
        while (_queue.First is { } first && Segment.LengthField + first.Value.Message.Length <= destination.Length - written)
        {
            var message = first.Value.Message;
            BinaryPrimitives.WriteUInt16BigEndian(destination[written..], (ushort)message.Length);
            message.CopyTo(destination[(written + Segment.LengthField)..]);
            written += Segment.LengthField + message.Length;
            Remove(first);
        }

        return written;
    }

    /// <summary>Whether no message that may not be overtaken waits behind this one.</summary>
    private bool IsNewest(Waiting waiting, ulong key) => waiting.Number > _lastWithoutKey && _lastAbout[(uint)key] == waiting;

    private void Remove(LinkedListNode<Waiting> node)
    {
        var waiting = node.Value;
        _queue.Remove(node);
        _bytes -= waiting.Message.Length;
        if (waiting.Key is { } key)
        {
            _byKey.Remove(key);
            if (_lastAbout[(uint)key] == waiting)
            {
                _lastAbout.Remove((uint)key);
            }
        }
    }

    private sealed class Waiting(byte[] message, ulong? key, long number)
    {
        internal byte[] Message { get; set; } = message;

        internal ulong? Key { get; } = key;

        /// <summary>Position among all messages that were added.</summary>
        internal long Number { get; } = number;
    }
}
