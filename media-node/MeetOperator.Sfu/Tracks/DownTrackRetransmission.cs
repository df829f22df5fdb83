using MeetOperator.Rtp.HeaderExtensions;
using MeetOperator.Rtp.Packets;
using MeetOperator.Rtp.Retransmission;
using MeetOperator.Sfu.Layers;
using MeetOperator.Sfu.Pacing;

namespace MeetOperator.Sfu.Tracks;

/// <summary>
/// Sends packets of one down track again: on the RTX stream (RFC 4588), from the history of the source's layers, or, to a subscriber without RTX, as the same encrypted bytes
/// from a history of its own. Sends padding on the RTX stream as well. Used by one loop.
/// </summary>
internal sealed class DownTrackRetransmission
{
    /// <summary>History for a subscriber without RTX: about 400 ms of a 2 Mbit/s camera. A larger history would evict other tracks from the CPU cache.</summary>
    private const int HistoryPackets = 128;
    private const int HistoryBytes = 96 * 1024;
    private readonly PacedEgress _egress;
    private readonly DownTrackNumbering _numbering;
    private readonly MemoryBudget? _budget;
    private DownTrackOptions _options;
    private RetransmissionHistory? _history;
    private ResendLimiter? _limiter;
    private uint _paddingCount;
    private ushort _rtxSequence;

    /// <param name="options">The negotiated parameters of the track.</param>
    /// <param name="egress">Sends the packets.</param>
    /// <param name="numbering">The numbers of the track, which tell which packet of the source a number stands for.</param>
    /// <param name="budget">Memory budget for histories; null for no limit.</param>
    public DownTrackRetransmission(DownTrackOptions options, PacedEgress egress, DownTrackNumbering numbering, MemoryBudget? budget)
    {
        _egress = egress;
        _numbering = numbering;
        _budget = budget;
        _options = options;
        _rtxSequence = (ushort)(options.FirstSequenceNumber ^ 0x2A55);
        Renegotiate(options);
    }

    /// <summary>Whether packets that find out what the line takes can be sent on the RTX stream.</summary>
    public bool HasPadding => _options is { RtxSsrc: not null, RtxPayloadType: not null } && _options.Extensions.IdOf(HeaderExtensionKind.TransportSequenceNumber) > 0;

    /// <summary>Applies new parameters, and takes or releases the history that they need.</summary>
    public void Renegotiate(DownTrackOptions options)
    {
        _options = options;
        if (!options.Nack || options.RtxSsrc is not null)
        {
            Release();
        }
        else if (_history is null && _budget?.TryTake(HistoryBytes) != false)
        {
            _history = new RetransmissionHistory(HistoryPackets, HistoryBytes);
        }
    }

    /// <summary>Releases the history until <see cref="Renegotiate"/>.</summary>
    public void Release()
    {
        if (_history is not null)
        {
            _budget?.Return(HistoryBytes);
            _history.Dispose();
            _history = null;
        }
    }

    /// <summary>Where the packet <paramref name="sequence"/> is kept.</summary>
    public PacketRecord RecordOf(ushort sequence) => new(_history, sequence);

    /// <summary>Counts a forwarded packet, which allows one more retransmission.</summary>
    public void OnForwarded() => _limiter?.OnForwarded();

    /// <summary>
    /// Sends the packet <paramref name="sequence"/> again: on the RTX stream, or, without RTX, as the same encrypted bytes. SRTP must not encrypt
    /// two packets with the same sequence number.
    /// </summary>
    /// <param name="nowTicks">The time.</param>
    /// <param name="sequence">The sequence number that the subscriber misses.</param>
    /// <param name="source">The source of the track; null while it has none.</param>
    /// <param name="roundTripTicks">The round trip that the subscriber's reports show.</param>
    public void Resend(long nowTicks, ushort sequence, UpTrack? source, long roundTripTicks)
    {
        var copyTicks = _egress.RetransmissionTicks(roundTripTicks);
        if (_history is not null)
        {
            if (_history.TryGet(sequence, out var sent) && (_limiter ??= new ResendLimiter()).TryTake(sequence, nowTicks, copyTicks))
            {
                _egress.Retransmit(sent);
            }
        }
        else if (_egress.CanRetransmit && _limiter?.CanTake(sequence, nowTicks, copyTicks) != false && TrySendAgain(nowTicks, sequence, source))
        {
            (_limiter ??= new ResendLimiter()).TryTake(sequence, nowTicks, copyTicks);
        }
    }

    /// <summary>Sends one packet of a probe: a recent packet once more, which may replace a lost one, or padding. Returns false when the subscriber has no RTX.</summary>
    /// <param name="nowTicks">The time.</param>
    /// <param name="source">The source of the track while it is forwarded; null while nothing is sent.</param>
    public bool TrySendPadding(long nowTicks, UpTrack? source)
    {
        const int RecentPackets = 16;
        if (_options is not { RtxSsrc: { } ssrc, RtxPayloadType: { } payloadType } || _options.Extensions.IdOf(HeaderExtensionKind.TransportSequenceNumber) is not (> 0 and var numberId))
        {
            return false;
        }

        ref readonly var munger = ref _numbering.Munger;
        if (source is not null && TrySendAgain(nowTicks, (ushort)(munger.LastSequence - (_paddingCount++ % RecentPackets)), source))
        {
            return true;
        }

        Span<byte> header = stackalloc byte[PaddingPacket.MaxHeaderLength];
        var length = PaddingPacket.WriteHeader(header, payloadType, _rtxSequence++, munger.LastTimestamp, ssrc, numberId, out var numberOffset);
        _egress.Send(nowTicks, header[..length], PaddingPacket.Payload, numberOffset, PacketPriority.Retransmission);
        return true;
    }

    /// <summary>Sends a packet of the current source on the RTX stream. False when it is not known any more.</summary>
    private bool TrySendAgain(long nowTicks, ushort sequence, UpTrack? source)
    {
        ref readonly var munger = ref _numbering.Munger;
        if (_options.RtxSsrc is not { } ssrc || _options.RtxPayloadType is not { } payloadType || source is null
            || !ReferenceEquals(_numbering.Source, source) // no packet of this source was sent yet, so the numbers belong to the previous source
            || !munger.TryFindSource(sequence, out var layer, out var sourceSequence, out var segment)
            || ((_egress.HasWaiting || _egress.Bandwidth.IsDraining) && !munger.IsCurrent(segment)) // the key frame since then makes it needless
            || source.Layers[layer].History is not { } history
            || !history.TryGet(sourceSequence, out var stored)
            || !RtpHeader.TryParse(stored, out var header)
            || header.PayloadType != source.Options.PayloadType) // as for packets that arrive
        {
            return false;
        }

        var numbers = source.NumbersOf(stored, header, sourceSequence);
        var offsets = munger.OffsetsOf(numbers, segment);
        Span<byte> payload = stackalloc byte[2048];
        var length = RtxPacket.WritePayload(sequence, DownTrackNumbering.Renumber(source, stored[header.Length..], numbers, offsets), payload);
        if (length == 0)
        {
            return false;
        }

        var template = source.ResendTemplate.Reset();
        var written = template.GetHeader(
            stored, header, source.Options.Extensions, _options.Extensions, payloadType,
            _rtxSequence++, numbers.Timestamp + offsets.Timestamp, ssrc, (ushort)(numbers.Frame + offsets.Frame), munger.IsMarked(sourceSequence, segment));
        _egress.Send(nowTicks, written, payload[..length], template.TransportNumberOffset, PacketPriority.Retransmission);
        return true;
    }
}
