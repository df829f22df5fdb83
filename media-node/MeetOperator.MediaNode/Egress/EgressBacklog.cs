using System.Runtime.InteropServices;
using MeetOperator.Native.Sockets;

namespace MeetOperator.MediaNode.Egress;

/// <summary>
/// Messages that the kernel had no room for, in their order, until the socket can be written again. Bounded by number, bytes and age: what is late
/// is worthless in a call. Memory is taken with the first of them.
/// </summary>
internal sealed unsafe class EgressBacklog : IDisposable
{
    public const int CapacityBytes = 1 << 20;
    public const int CapacityMessages = 2048;
    public static readonly TimeSpan MaxAge = TimeSpan.FromMilliseconds(100);
    private readonly Entry[] _entries = new Entry[CapacityMessages];
    private int _head;
    private byte* _data;
    private long _end; // absolute; the place in the ring of bytes is the remainder

    public int Count { get; private set; }

    public bool IsEmpty => Count == 0;

    /// <summary>False when there is no room: the message is given up.</summary>
    public bool TryAdd(long nowTicks, in UnsentMessage message)
    {
        if (_data == null)
        {
            _data = (byte*)NativeMemory.AlignedAlloc(CapacityBytes, 64);
        }

        var place = (int)(_end % CapacityBytes);
        var start = place + message.Length > CapacityBytes ? _end + CapacityBytes - place : _end; // a message lies in one piece
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

    /// <summary>Sends what is there, as far as the kernel has room, and gives up what is too old.</summary>
    public SendOutcome Drain(long nowTicks, SendBatch batch, UdpSocket socket)
    {
        var outcome = default(SendOutcome);
        while (Count > 0)
        {
            ref var first = ref _entries[_head];
            if (nowTicks - first.AddedTicks > MaxAge.Ticks)
            {
                outcome = outcome with { Refused = outcome.Refused + first.Message.Datagrams };
            }
            else
            {
                // One at a time: this is the way out of a jam, not the usual one.
                var message = first.Message;
                batch.Add(At(first.Start), message.Length, message.SegmentBytes, message.Address, message.Port, singly: false, mark: -1);
                outcome += batch.Send(socket);
                if (batch.Unsent > 0)
                {
                    KeepRest(ref first, batch);
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

    /// <summary>Some datagrams of the message may have left by themselves.</summary>
    private static void KeepRest(ref Entry entry, SendBatch batch)
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
