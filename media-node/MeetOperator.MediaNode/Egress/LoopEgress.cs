using MeetOperator.Native.Sockets;
using MeetOperator.Rtc;

namespace MeetOperator.MediaNode.Egress;

/// <summary>Everything that one loop is about to send. Packets are collected per peer and leave together in <see cref="Flush"/>.</summary>
internal sealed class LoopEgress : IDisposable
{
    private const int BatchMessages = 512;

    /// <summary>Lanes for STUN and DTLS made beforehand; more are made when more peers speak within one batch.</summary>
    private const int ControlLanes = 64;
    private readonly UdpSocket _socket;
    private readonly SendBatch _batch = new(BatchMessages);
    private readonly List<EgressLane> _waiting = new(256);
    private readonly Dictionary<ulong, EgressLane> _controlLanes = [];
    private readonly Stack<EgressLane> _idleControlLanes = new();

    public LoopEgress(UdpSocket socket)
    {
        _socket = socket;
        for (var i = 0; i < ControlLanes; i++)
        {
            _idleControlLanes.Push(new EgressLane(this));
        }
    }

    public SlabPool Slabs { get; } = new();

    public bool IsEmpty => _waiting.Count == 0;

    public long SentDatagrams { get; private set; }

    public long SentBytes { get; private set; }

    /// <summary>Messages handed to the kernel; the fewer beside the datagrams, the better they were merged.</summary>
    public long SentMessages { get; private set; }

    /// <summary>Datagrams that the kernel did not take.</summary>
    public long RefusedDatagrams { get; private set; }

    public bool Segmentation => _batch.Segmentation;

    /// <summary>Off on hosts whose kernel or network card cannot; it also goes off by itself when the kernel refuses.</summary>
    public void UseSegmentation(bool use) => _batch.Segmentation = use;

    public void Enlist(EgressLane lane) => _waiting.Add(lane);

    /// <summary>Sends STUN and DTLS, which may go to another address than the selected one.</summary>
    public void SendControl(TransportAddress to, ReadOnlySpan<byte> datagram)
    {
        // A lane a destination, lent until the next flush.
        if (!_controlLanes.TryGetValue(to.Key, out var lane))
        {
            lane = _idleControlLanes.TryPop(out var idle) ? idle : new EgressLane(this);
            lane.Destination = to;
            _controlLanes[to.Key] = lane;
        }

        datagram.CopyTo(lane.Reserve(datagram.Length));
        lane.Commit(datagram.Length);
    }

    public void Flush()
    {
        if (_waiting.Count == 0)
        {
            return;
        }

        var outcome = default(SendOutcome);
        foreach (var lane in _waiting)
        {
            lane.MoveTo(_batch, _socket, ref outcome);
        }

        outcome = EgressLane.Sum(outcome, _batch.Send(_socket));
        foreach (var lane in _waiting)
        {
            lane.Release(Slabs);
        }

        _waiting.Clear();
        foreach (var lane in _controlLanes.Values)
        {
            _idleControlLanes.Push(lane);
        }

        _controlLanes.Clear();

        SentDatagrams += outcome.Datagrams;
        SentBytes += outcome.Bytes;
        SentMessages += outcome.Messages;
        RefusedDatagrams += outcome.Refused;
    }

    public void Dispose()
    {
        _batch.Dispose();
        Slabs.Dispose();
    }
}
