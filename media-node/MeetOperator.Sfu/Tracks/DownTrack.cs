using System.Text;
using MeetOperator.Rtp.Packets;
using MeetOperator.Rtp.Retransmission;
using MeetOperator.Rtp.Rtcp;
using MeetOperator.Sfu.Forwarding;
using MeetOperator.Sfu.Peers;

namespace MeetOperator.Sfu.Tracks;

/// <summary>One track on its way to one subscriber (server → client). Fed by the <see cref="UpTrack"/> that it is attached to.</summary>
public sealed class DownTrack
{
    /// <summary>Video begins with a key frame; when none can be recognised for so long (an encrypted payload), it begins anyway.</summary>
    private const long KeyFrameWaitTicks = 3 * TimeSpan.TicksPerSecond;

    /// <summary>Kept for a subscriber without RTX: some 400 ms of a 2 Mbit/s camera, a few round trips. More would only push other tracks out of the processor's cache.</summary>
    private const int KeptPackets = 128;
    private const int KeptBytes = 96 * 1024;

    private readonly IPeerEgress _egress;
    private readonly RetransmissionBudget? _budget;
    private readonly byte[] _cname;
    private RetransmissionHistory? _kept;
    private ResendLimiter? _resends;
    private RtpMunger _munger;
    private bool _flowing;
    private long _waitingSinceTicks;
    private UpTrack? _lastSource;
    private ushort _rtxSequence;
    private uint _lastReportMiddle;
    private long _lastReportTicks;

    public DownTrack(DownTrackOptions options, IPeerEgress egress, RetransmissionBudget? budget = null)
    {
        ArgumentNullException.ThrowIfNull(options);
        Options = options;
        _egress = egress;
        _budget = budget;
        KeepWhatIsNeeded();
        _rtxSequence = (ushort)(options.FirstSequenceNumber ^ 0x2A55);
        _cname = Encoding.ASCII.GetBytes(options.Cname.Length <= 255 ? options.Cname : options.Cname[..255]);
    }

    public DownTrackOptions Options { get; private set; }

    /// <summary>Where the packets come from; null when detached.</summary>
    public UpTrack? Source { get; internal set; }

    public long SentPackets { get; private set; }

    /// <summary>Payload bytes, as sender reports count them.</summary>
    public long SentBytes { get; private set; }

    public long ResentPackets { get; private set; }

    /// <summary>Packets lost on the way to the subscriber, as it last reported.</summary>
    public int ReportedLost { get; private set; }

    /// <summary>Of the last interval, in 1/256.</summary>
    public byte ReportedFractionLost { get; private set; }

    /// <summary>0 until the subscriber answered a sender report.</summary>
    public long RoundTripTicks { get; private set; }

    /// <summary>Whether the subscriber can be reached.</summary>
    public bool IsReady => _egress.IsReady;

    /// <summary>Whether packets go out now; false while waiting for a key frame or while the source is muted.</summary>
    public bool IsFlowing => _flowing;

    /// <summary>The subscriber changed payload type or extension ids in a renegotiation; SSRC and numbering stay.</summary>
    public void Renegotiate(DownTrackOptions options)
    {
        Options = options;
        KeepWhatIsNeeded();
    }

    /// <summary>Sends <paramref name="source"/> from now on, under numbers that go on from the last; does nothing when that is so already, or it is over.</summary>
    public void Start(UpTrack source)
    {
        ArgumentNullException.ThrowIfNull(source);
        if (Source != source && !source.IsClosed)
        {
            source.Attach(this);
        }
    }

    /// <summary>Nothing is sent until <see cref="Start"/>. Meanwhile the source may begin anew without this track being told.</summary>
    public void Stop()
    {
        Source?.Detach(this);
        RestartSource();
        KeepNothing();
    }

    /// <summary>An error in the work for this subscriber: it gets nothing more, and its connection ends.</summary>
    internal void Fail(Exception error)
    {
        Source?.Detach(this);
        _egress.Fail(error);
    }

    /// <summary>Stops until <see cref="UpTrack"/> delivers a packet to begin with.</summary>
    internal void Pause() => (_flowing, _waitingSinceTicks) = (false, 0);

    /// <summary>The same source begins anew under another numbering.</summary>
    internal void RestartSource()
    {
        Pause();
        _lastSource = null;
    }

    /// <summary>The hot path: one packet of the source to one subscriber.</summary>
    internal void Forward(long nowTicks, in ForwardedPacket packet, HeaderTemplate template)
    {
        if (!_flowing && !TryBegin(nowTicks, packet))
        {
            return;
        }

        if (!_munger.TryMap(packet.Sequence, packet.Header.Timestamp, nowTicks, out var sequence, out var timestamp))
        {
            return;
        }

        var header = template.For(
            packet.Data, packet.Header, packet.Source.Options.Extensions, Options.Extensions, Options.PayloadType, sequence, timestamp, Options.Ssrc);
        SentPackets++;
        SentBytes += packet.Payload.Length;
        _resends?.OnForwarded();
        var sent = _egress.SendRtp(header, packet.Payload);
        _kept?.Add(sequence, sent);
    }

    /// <summary>
    /// The subscriber misses <paramref name="sequence"/>. With RTX it gets the packet on that stream; without, the very bytes that were sent
    /// before, since nothing may be sealed twice under one number.
    /// </summary>
    internal void Resend(long nowTicks, ushort sequence)
    {
        if (_kept is not null)
        {
            if (_kept.TryGet(sequence, out var sent) && (_resends ??= new ResendLimiter()).TryTake(sequence, nowTicks, RoundTripTicks))
            {
                ResentPackets++;
                _egress.SendAgain(sent);
            }

            return;
        }

        if (Options.RtxSsrc is not { } ssrc || Options.RtxPayloadType is not { } payloadType || Source is not { History: { } history } source
            || source != _lastSource // nothing of it was sent yet: the numbers are still the former source's
            || !_munger.TryFindSource(sequence, out var sourceSequence)
            || !history.TryGet(sourceSequence, out var stored)
            || !RtpHeader.TryParse(stored, out var header)
            || !(_resends ??= new ResendLimiter()).TryTake(sequence, nowTicks, RoundTripTicks))
        {
            return;
        }

        Span<byte> payload = stackalloc byte[2048];
        var length = RtxPacket.WritePayload(sequence, stored[header.Length..], payload);
        if (length == 0)
        {
            return;
        }

        var timestamp = header.Timestamp + _munger.TimestampOffset;
        var written = source.ResendTemplate.Reset().For(
            stored, header, source.Options.Extensions, Options.Extensions, payloadType, _rtxSequence++, timestamp, ssrc);
        ResentPackets++;
        _egress.SendRtp(written, payload[..length]);
    }

    /// <summary>Passes the publisher's clock on: the subscriber needs it to play sound and picture together.</summary>
    internal void SendReport(long nowTicks, ulong ntp, uint sourceTimestamp)
    {
        if (!_flowing)
        {
            return;
        }

        try
        {
            WriteReport(nowTicks, ntp, sourceTimestamp);
        }
        catch (Exception e)
        {
            Fail(e);
        }
    }

    private void WriteReport(long nowTicks, ulong ntp, uint sourceTimestamp)
    {
        Span<byte> buffer = stackalloc byte[320];
        var writer = new RtcpWriter(buffer);
        writer.AddSenderReport(Options.Ssrc, ntp, sourceTimestamp + _munger.TimestampOffset, (uint)SentPackets, (uint)SentBytes);
        writer.AddCanonicalName(Options.Ssrc, _cname);
        (_lastReportMiddle, _lastReportTicks) = (NtpTime.Middle(ntp), nowTicks);
        _egress.SendRtcp(writer.Written);
    }

    internal void OnReport(long nowTicks, in ReportBlock block)
    {
        ReportedLost = block.CumulativeLost;
        ReportedFractionLost = block.FractionLost;
        if (block.LastSenderReport != 0 && block.LastSenderReport == _lastReportMiddle)
        {
            RoundTripTicks = Math.Max(0, nowTicks - _lastReportTicks - NtpTime.ShortToTicks(block.DelaySinceLastSenderReport));
        }
    }

    /// <summary>The publisher took the track away.</summary>
    internal void SourceClosed()
    {
        Source = null;
        if (SentPackets == 0)
        {
            return;
        }

        try
        {
            SendGoodbye();
        }
        catch (Exception e)
        {
            Fail(e);
        }
    }

    /// <summary>Tells the subscriber that the stream is over (RFC 3550 §6.6).</summary>
    private void SendGoodbye()
    {
        Span<byte> buffer = stackalloc byte[64];
        var writer = new RtcpWriter(buffer);
        writer.AddReceiverReport(Options.Ssrc);
        writer.AddGoodbye(Options.Ssrc);
        _egress.SendRtcp(writer.Written);
    }

    private void KeepWhatIsNeeded()
    {
        if (!Options.Nack || Options.RtxSsrc is not null)
        {
            KeepNothing();
        }
        else if (_kept is null && _budget?.TryTake(KeptBytes) != false)
        {
            _kept = new RetransmissionHistory(KeptPackets, KeptBytes);
        }
    }

    private void KeepNothing()
    {
        if (_kept is not null)
        {
            _budget?.Return(KeptBytes);
            _kept.Dispose();
            _kept = null;
        }
    }

    private bool TryBegin(long nowTicks, in ForwardedPacket packet)
    {
        if (!_egress.IsReady)
        {
            return false;
        }

        if (packet.Source.Options.Kind == MediaKind.Video && !packet.StartsKeyFrame)
        {
            _waitingSinceTicks = _waitingSinceTicks == 0 ? nowTicks : _waitingSinceTicks;
            if (nowTicks - _waitingSinceTicks < KeyFrameWaitTicks)
            {
                return false;
            }
        }

        if (ReferenceEquals(_lastSource, packet.Source))
        {
            _munger.Resume(packet.Sequence, Options.FirstSequenceNumber);
        }
        else
        {
            _munger.Switch(packet.Sequence, packet.Header.Timestamp, Options.FirstSequenceNumber, nowTicks, packet.Source.Options.ClockRate);
            _lastSource = packet.Source;
        }

        _flowing = true;
        if (packet.Source.LastReport is { } report)
        {
            // The next one may be seconds away, and until then sound and picture could not be played together.
            SendReport(nowTicks, report.Ntp, report.Timestamp);
        }

        return true;
    }
}
