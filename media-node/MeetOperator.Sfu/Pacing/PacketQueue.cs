using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;

namespace MeetOperator.Sfu.Pacing;

/// <summary>The packets of one connection that wait for their turn. Copies them, because the buffers of received packets are used again at once.</summary>
internal sealed class PacketQueue
{
    /// <summary>
    /// Buffers of all connections. The shared pool of the runtime keeps fewer than wait at once when the lines of many connections are probed, and would allocate again each time.
    /// </summary>
    private static readonly ArrayPool<byte> Buffers = ArrayPool<byte>.Create(maxArrayLength: 2048, maxArraysPerBucket: 2048);
    private readonly Queue<WaitingPacket>[] _queues = [new(), new(), new(), new()];
    private readonly long[] _bytes = new long[4];
    private readonly long[] _keyFrameBytes = new long[4];

    /// <summary>The number of packets of key frames by SSRC; no entry for none.</summary>
    private readonly Dictionary<uint, int> _keyFramePackets = [];

    public int Count { get; private set; }

    /// <summary>The bytes of all packets.</summary>
    public long Bytes => BytesUpTo(PacketPriority.Video);

    /// <summary>The bytes of packets that belong to key frames.</summary>
    public long KeyFrameBytes => Sum(_keyFrameBytes, PacketPriority.Video);

    /// <summary>The bytes that leave before a packet that is added now.</summary>
    public long BytesUpTo(PacketPriority priority) => Sum(_bytes, priority);

    /// <summary>The same without those of key frames.</summary>
    public long OrdinaryBytesUpTo(PacketPriority priority) => BytesUpTo(priority) - Sum(_keyFrameBytes, priority);

    public void Add(ReadOnlySpan<byte> header, ReadOnlySpan<byte> payload, int numberOffset, PacketPriority priority, bool isKeyFrame, PacketRecord record)
    {
        var buffer = Buffers.Rent(header.Length + payload.Length);
        header.CopyTo(buffer);
        payload.CopyTo(buffer.AsSpan(header.Length));
        var packet = new WaitingPacket(buffer, header.Length, header.Length + payload.Length, numberOffset, isKeyFrame, record);
        _queues[(int)priority].Enqueue(packet);
        Count++;
        _bytes[(int)priority] += packet.Length;
        if (isKeyFrame)
        {
            _keyFrameBytes[(int)priority] += packet.Length;
            CollectionsMarshal.GetValueRefOrAddDefault(_keyFramePackets, packet.Ssrc, out _)++;
        }
    }

    /// <summary>Takes the next packet. The caller returns it with <see cref="Return"/>.</summary>
    public bool TryTake([MaybeNullWhen(false)] out WaitingPacket packet)
    {
        for (var priority = 0; priority < _queues.Length; priority++)
        {
            if (_queues[priority].TryDequeue(out packet))
            {
                OnRemoved(packet, priority);
                return true;
            }
        }

        packet = default;
        return false;
    }

    public static void Return(in WaitingPacket packet) => Buffers.Return(packet.Buffer);

    /// <summary>Whether packets of a key frame of an SSRC wait.</summary>
    public bool HasKeyFrame(uint ssrc) => _keyFramePackets.ContainsKey(ssrc);

    /// <summary>Drops the packets of two SSRCs. The others keep their order.</summary>
    public void Remove(uint ssrc, uint other) => Remove((ssrc, other), static (packet, ssrcs) => packet.Ssrc == ssrcs.ssrc || packet.Ssrc == ssrcs.other);

    /// <summary>Drops the packets that do not belong to key frames.</summary>
    public void RemoveOrdinary() => Remove(false, static (packet, _) => !packet.IsKeyFrame);

    public void Clear()
    {
        while (TryTake(out var packet))
        {
            Return(packet);
        }
    }

    private void Remove<T>(T state, Func<WaitingPacket, T, bool> matches)
    {
        for (var priority = 0; priority < _queues.Length && Count > 0; priority++)
        {
            var queue = _queues[priority];
            for (var left = queue.Count; left > 0; left--)
            {
                var packet = queue.Dequeue();
                if (matches(packet, state))
                {
                    OnRemoved(packet, priority);
                    Return(packet);
                }
                else
                {
                    queue.Enqueue(packet);
                }
            }
        }
    }

    private void OnRemoved(in WaitingPacket packet, int priority)
    {
        Count--;
        _bytes[priority] -= packet.Length;
        if (packet.IsKeyFrame)
        {
            _keyFrameBytes[priority] -= packet.Length;
            ref var packets = ref CollectionsMarshal.GetValueRefOrNullRef(_keyFramePackets, packet.Ssrc);
            if (--packets == 0)
            {
                _keyFramePackets.Remove(packet.Ssrc);
            }
        }
    }

    private static long Sum(long[] bytes, PacketPriority priority)
    {
        var sum = 0L;
        for (var i = 0; i <= (int)priority; i++)
        {
            sum += bytes[i];
        }

        return sum;
    }
}
