using MeetOperator.Rtp.Packets;
using MeetOperator.Sfu.Forwarding;
using MeetOperator.Sfu.Peers;

namespace MeetOperator.Sfu.Tracks;

/// <summary>One track on its way to one subscriber (server → client). Fed by the <see cref="UpTrack"/> that it is attached to.</summary>
public sealed class DownTrack
{
    /// <summary>Video begins with a key frame; when none can be recognised for so long (an encrypted payload), it begins anyway.</summary>
    private const long KeyFrameWaitTicks = 3 * TimeSpan.TicksPerSecond;

    private readonly IPeerEgress _egress;
    private RtpMunger _munger;
    private bool _flowing;
    private long _waitingSinceTicks;
    private UpTrack? _lastSource;

    public DownTrack(DownTrackOptions options, IPeerEgress egress)
    {
        Options = options;
        _egress = egress;
    }

    public DownTrackOptions Options { get; private set; }

    /// <summary>Where the packets come from; null when detached.</summary>
    public UpTrack? Source { get; internal set; }

    public long SentPackets { get; private set; }

    public long SentBytes { get; private set; }

    /// <summary>Whether packets go out now; false while waiting for a key frame or while the source is muted.</summary>
    public bool IsFlowing => _flowing;

    internal IPeerEgress Egress => _egress;

    internal uint TimestampOffset => _munger.TimestampOffset;

    internal bool HasSent => SentPackets > 0;

    /// <summary>The subscriber changed payload type or extension ids in a renegotiation; SSRC and numbering stay.</summary>
    public void Renegotiate(DownTrackOptions options) => Options = options;

    /// <summary>Stops until <see cref="UpTrack"/> delivers a packet to begin with.</summary>
    internal void Pause() => (_flowing, _waitingSinceTicks) = (false, 0);

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
        _egress.SendRtp(header, packet.Payload);
    }

    /// <summary>Which packet of the source the subscriber calls <paramref name="sequence"/>.</summary>
    internal bool TryFindSource(ushort sequence, out long sourceSequence) => _munger.TryFindSource(sequence, out sourceSequence);

    private bool TryBegin(long nowTicks, in ForwardedPacket packet)
    {
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

        return _flowing = true;
    }
}
