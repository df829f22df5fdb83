using MeetOperator.Rtp.Rtcp;
using MeetOperator.Sfu.Egress;

namespace MeetOperator.Sfu.Peers;

/// <summary>Sends RTCP packets in few compound packets: each goes into the present one, or begins the next one when it does not fit. Used by one loop.</summary>
internal ref struct RtcpBatch
{
    private readonly IPeerEgress _egress;
    private readonly Span<byte> _buffer;
    private readonly uint _ownSsrc;
    private RtcpWriter _writer;

    /// <param name="egress">Sends the compound packets.</param>
    /// <param name="buffer">Memory for one compound packet, which limits its size. A report with 31 blocks must fit.</param>
    /// <param name="ownSsrc">The sender's SSRC.</param>
    public RtcpBatch(IPeerEgress egress, Span<byte> buffer, uint ownSsrc)
    {
        _egress = egress;
        _buffer = buffer;
        _ownSsrc = ownSsrc;
        _writer = new RtcpWriter(buffer);
    }

    /// <summary>Adds a receiver report with at most 31 blocks.</summary>
    public void AddReceiverReport(scoped ReadOnlySpan<ReportBlock> blocks)
    {
        if (!_writer.AddReceiverReport(_ownSsrc, blocks))
        {
            Send();
            _writer.AddReceiverReport(_ownSsrc, blocks);
        }
    }

    /// <inheritdoc cref="RtcpWriter.AddReferenceTime"/>
    public void AddReferenceTime(ulong ntpTimestamp)
    {
        if (!_writer.AddReferenceTime(_ownSsrc, ntpTimestamp))
        {
            Send();
            _writer.AddReferenceTime(_ownSsrc, ntpTimestamp);
        }
    }

    /// <inheritdoc cref="RtcpWriter.AddNack"/>
    public void AddNack(uint mediaSsrc, scoped ReadOnlySpan<ushort> missing)
    {
        if (!_writer.AddNack(_ownSsrc, mediaSsrc, missing))
        {
            Send();
            _writer.AddNack(_ownSsrc, mediaSsrc, missing);
        }
    }

    /// <summary>Adds a request for a key frame (PLI).</summary>
    public void AddPictureLoss(uint mediaSsrc)
    {
        if (!_writer.AddPictureLoss(_ownSsrc, mediaSsrc))
        {
            Send();
            _writer.AddPictureLoss(_ownSsrc, mediaSsrc);
        }
    }

    /// <summary>Sends what was added since the last compound packet, if anything. The next packet begins another one.</summary>
    public void Send()
    {
        if (_writer.Length > 0)
        {
            _egress.SendRtcp(_writer.Written);
            _writer = new RtcpWriter(_buffer);
        }
    }
}
