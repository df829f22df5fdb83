using System.Runtime.InteropServices;
using MeetOperator.Native.Sockets;

namespace MeetOperator.MediaNode.Egress;

/// <summary>
/// A queue of messages that did not fit in the kernel's send buffer, kept until the socket is writable again. Limited by number, bytes and age, because late
/// media is useless in a call. The buffer is allocated on first use. Used by one loop.
/// </summary>
internal sealed unsafe class EgressBacklog : IDisposable
{
    public const int CapacityBytes = 1 << 20;
    public const int CapacityMessages = 2048;
    public static readonly TimeSpan MaxAge = TimeSpan.FromMilliseconds(100);
    private readonly Entry[] _entries = new Entry[CapacityMessages];
    private int _head;
    private byte* _data;
    private long _end; // absolute position; the offset in the ring buffer is the remainder

    public int Count { get; private set; }

    public bool IsEmpty => Count == 0;

    /// <summary>Copies the message to the queue. Returns false when the queue is full; the caller drops the message.</summary>
    public bool TryAdd(long nowTicks, in UnsentMessage message)
    {
        if (_data == null)
        {
            _data = (byte*)NativeMemory.AlignedAlloc(CapacityBytes, 64);
        }

        var place = (int)(_end % CapacityBytes);
        var start = place + message.Length > CapacityBytes ? _end + CapacityBytes - place : _end; // a message is contiguous
        var oldest = IsEmpty ? start : _entries[_head].Start;
        if (Count == CapacityMessages || start + message.Length - oldest > CapacityBytes)
        {
            return false;
        }

        Buffer.MemoryCopy((void*)message.Data, At(start), message.Length, message.Length);
        _entries[(_head + Count) % CapacityMessages] = new Entry { Start = start, AddedTicks = nowTicks, Message = message };
        Count++;
        _end = start + message.Length;
        return true;
    }

    /// <summary>Sends queued messages until the kernel's send buffer is full, and drops messages that are too old.</summary>
    public SendOutcome Drain(long nowTicks, SendBatch batch, UdpSocket socket)
    {
        var outcome = default(SendOutcome);
        while (Count > 0)
        {
            ref var first = ref _entries[_head];
            if (nowTicks - first.AddedTicks > MaxAge.Ticks)
            {
                outcome = outcome with { Discarded = outcome.Discarded + first.Message.Datagrams };
            }
            else
            {
                // Batching is not worthwhile here, because a backlog is rare.
                var message = first.Message;
                batch.Add(At(first.Start), message.Length, message.SegmentBytes, message.AddressHigh, message.AddressLow, message.Port, singly: false, mark: -1);
                outcome += batch.Send(socket);
                if (batch.Unsent > 0)
                {
                    RetainUnsent(ref first, batch);
                    batch.Clear();
                    break;
                }
            }

            _head = (_head + 1) % CapacityMessages;
            Count--;
        }

        return outcome;
    }

    public void Dispose()
    {
        NativeMemory.AlignedFree(_data);
        _data = null;
        Count = 0;
    }

    /// <summary>Removes the datagrams that were already sent from a partly sent message.</summary>
    private static void RetainUnsent(ref Entry entry, SendBatch batch)
    {
        var rest = 0;
        for (var i = 0; i < batch.Unsent; i++)
        {
            rest += batch.Message(i).Length;
        }

        entry.Start += entry.Message.Length - rest;
        entry.Message = entry.Message with { Length = rest };
    }

    private byte* At(long position) => _data + (position % CapacityBytes);

    private struct Entry
    {
        public long Start;
        public long AddedTicks;
        public UnsentMessage Message;
    }
}
