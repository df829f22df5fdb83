using System.Buffers;
using System.Diagnostics.CodeAnalysis;

namespace MeetOperator.Sfu.Pacing;

/// <summary>The packets of one connection that wait for their turn. Copies them, because the buffers of received packets are used again at once.</summary>
internal sealed class PacketQueue
{
    private readonly Queue<WaitingPacket>[] _queues = [new(), new(), new(), new()];

    public int Count { get; private set; }

    public long Bytes { get; private set; }

    public void Add(ReadOnlySpan<byte> header, ReadOnlySpan<byte> payload, int numberOffset, PacketPriority priority, PacketRecord record)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(header.Length + payload.Length);
        header.CopyTo(buffer);
        payload.CopyTo(buffer.AsSpan(header.Length));
        _queues[(int)priority].Enqueue(new WaitingPacket(buffer, header.Length, header.Length + payload.Length, numberOffset, record));
        Count++;
        Bytes += header.Length + payload.Length;
    }

    /// <summary>Takes the next packet. The caller returns it with <see cref="Return"/>.</summary>
    public bool TryTake([MaybeNullWhen(false)] out WaitingPacket packet)
    {
        foreach (var queue in _queues)
        {
            if (queue.TryDequeue(out packet))
            {
                Count--;
                Bytes -= packet.Length;
                return true;
            }
        }

        packet = default;
        return false;
    }

    public static void Return(in WaitingPacket packet) => ArrayPool<byte>.Shared.Return(packet.Buffer);

    /// <summary>Drops the packets of two SSRCs. The others keep their order.</summary>
    public void Remove(uint ssrc, uint other)
    {
        if (Count == 0)
        {
            return;
        }

        foreach (var queue in _queues)
        {
            for (var left = queue.Count; left > 0; left--)
            {
                var packet = queue.Dequeue();
                if (packet.Ssrc == ssrc || packet.Ssrc == other)
                {
                    Count--;
                    Bytes -= packet.Length;
                    Return(packet);
                }
                else
                {
                    queue.Enqueue(packet);
                }
            }
        }
    }

    public void Clear()
    {
        while (TryTake(out var packet))
        {
            Return(packet);
        }
    }
}
