using MeetOperator.Native.Sockets;

namespace MeetOperator.MediaNode.Egress;

/// <summary>The send side of the TCP connections of one loop. Used by the loop's thread.</summary>
internal sealed class StreamEgress : IDisposable
{
    private readonly SlabPool _urgentSlabs = new(StreamQueue.UrgentBytes);
    private readonly SlabPool _videoSlabs = new(StreamQueue.VideoBytes);
    private readonly Dictionary<uint, StreamSender> _senders = [];
    private readonly List<StreamSender> _waiting = new(16);
    private readonly List<StreamSender> _ended = [];
    private readonly Func<long> _clock;
    private readonly StreamSender _none;
    private SocketPoller? _poller;
    private int _blocked;

    /// <param name="clock">Monotonic time in 100 ns ticks.</param>
    public StreamEgress(Func<long> clock)
    {
        _clock = clock;
        _none = new StreamSender(this, 0, null);
    }

    public long NowTicks => _clock();

    /// <summary>Whether nothing waits for the next flush.</summary>
    public bool IsEmpty => _waiting.Count == 0;

    /// <summary>Whether packets of a connection wait for the kernel.</summary>
    public bool IsBlocked => _blocked > 0;

    /// <summary>What was passed to the kernel, and the packets for which there was no space.</summary>
    public SendOutcome Total { get; private set; }

    /// <summary>Connections that have ended while something was sent. Their owner closes them and clears the list.</summary>
    public List<StreamSender> Ended => _ended;

    /// <summary>The memory of all queues, in use or free.</summary>
    public long TotalBytes => _urgentSlabs.TotalBytes + _videoSlabs.TotalBytes;

    /// <summary>Gives memory back that no queue has needed since the last call. To be called at intervals.</summary>
    public void Trim()
    {
        _urgentSlabs.Trim();
        _videoSlabs.Trim();
    }

    public StreamQueue CreateQueue() => new(_urgentSlabs, _videoSlabs);

    /// <summary>Adds a connection that the poller already has, with its number as the key.</summary>
    public StreamSender Add(SocketPoller poller, uint number, StreamSocket socket)
    {
        _poller = poller;
        return _senders[number] = new StreamSender(this, number, socket);
    }

    /// <summary>Removes a connection and drops what waits for it.</summary>
    public void Remove(StreamSender sender)
    {
        if (_senders.Remove(sender.Number))
        {
            _blocked -= sender.IsBlocked ? 1 : 0;
            sender.Close();
        }
    }

    /// <summary>The connection with a number; one that drops everything when it has ended.</summary>
    public StreamSender Find(uint number) => _senders.GetValueOrDefault(number) ?? _none;

    /// <summary>Sends what was added, as far as the kernel takes it.</summary>
    public void Flush()
    {
        if (_waiting.Count > 0)
        {
            try
            {
                for (var i = 0; i < _waiting.Count; i++)
                {
                    _waiting[i].Flush();
                }
            }
            finally
            {
                _waiting.Clear();
            }
        }
    }

    public void Enlist(StreamSender sender) => _waiting.Add(sender);

    public void Count(int packets, long bytes) => Total += new SendOutcome(bytes > 0 ? 1 : 0, packets, bytes, 0);

    public void CountDropped() => Total = Total with { Discarded = Total.Discarded + 1 };

    public void OnEnded(StreamSender sender)
    {
        sender.Close();
        _ended.Add(sender);
    }

    public void OnBlockedChanged(StreamSender sender, StreamSocket socket)
    {
        _blocked += sender.IsBlocked ? 1 : -1;
        _poller!.AwaitWritable(socket, sender.Number, sender.IsBlocked);
    }

    public void Dispose()
    {
        foreach (var sender in _senders.Values)
        {
            sender.Close();
        }

        _urgentSlabs.Dispose();
        _videoSlabs.Dispose();
    }
}
