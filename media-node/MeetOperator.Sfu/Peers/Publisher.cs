using System.Buffers.Binary;
using MeetOperator.Rtp.Congestion;
using MeetOperator.Rtp.HeaderExtensions;
using MeetOperator.Rtp.Packets;
using MeetOperator.Rtp.Reception;
using MeetOperator.Rtp.Retransmission;
using MeetOperator.Rtp.Rtcp;
using MeetOperator.Sfu.Tracks;

namespace MeetOperator.Sfu.Peers;

/// <summary>
/// The sending side of one peer connection: knows which track each packet belongs to, and tells the client how its packets arrive
/// (transport-wide feedback, receiver reports) and what it should send again (NACK, key frame requests).
/// </summary>
public sealed class Publisher
{
    private const long FeedbackTicks = 60 * TimeSpan.TicksPerMillisecond;
    private const long ReportTicks = TimeSpan.TicksPerSecond;
    private const int MaxRtcpBytes = 1200;
    private readonly IPeerEgress _egress;
    private readonly uint _ownSsrc;
    private readonly TransportArrivals _arrivals = new();
    private readonly DepartedStreams _departed = new();
    private UpTrack[] _tracks = [];
    private StreamTable _streams = StreamTable.Empty;
    private long _nextFeedbackTicks;
    private long _nextReportTicks;
    private RoundTripTime _roundTrip;

    /// <param name="participantId">Whose connection it is.</param>
    /// <param name="egress">The way back to the client.</param>
    /// <param name="ownSsrc">SSRC under which the node reports.</param>
    public Publisher(string participantId, IPeerEgress egress, uint ownSsrc)
    {
        ParticipantId = participantId;
        _egress = egress;
        _ownSsrc = ownSsrc;
    }

    public string ParticipantId { get; }

    public IReadOnlyList<UpTrack> Tracks => _tracks;

    /// <summary>Packets whose SSRC, mid and payload type name no track, or that are malformed.</summary>
    public long UnknownPackets { get; private set; }

    public long KeyFrameRequests { get; private set; }

    public long NackedPackets { get; private set; }

    /// <summary>Measured by reports, or by how long retransmissions take; 0 until then.</summary>
    public long RoundTripTicks => _roundTrip.Ticks;

    public void Add(UpTrack track) => SetTracks([.. _tracks, track]);

    public void Remove(UpTrack track)
    {
        ArgumentNullException.ThrowIfNull(track);
        _departed.Add(track.Ssrc);
        _departed.Add(track.RtxSsrc);
        SetTracks([.. _tracks.Where(t => t != track)]);
    }

    public void Renegotiate(UpTrack track, UpTrackOptions options)
    {
        ArgumentNullException.ThrowIfNull(track);
        track.Renegotiate(options);
        SetTracks(_tracks);
    }

    /// <summary>Takes one plaintext RTP packet; the buffer may be changed.</summary>
    public void OnRtp(long nowTicks, Span<byte> data)
    {
        if (!RtpPacket.TryParse(data, out var packet) || !TryFind(nowTicks, packet, out var stream))
        {
            UnknownPackets++;
            return;
        }

        ReadExtensions(nowTicks, packet, stream.Track);
        if (!stream.IsRetransmission)
        {
            stream.Track.Receive(nowTicks, data, packet.Header, retransmitted: false);
        }
        else if (RtxPacket.TryRestore(data, stream.Track.Options.PayloadType, stream.Track.Ssrc ?? 0, out var original)
            && RtpHeader.TryParse(original, out var header))
        {
            stream.Track.Receive(nowTicks, original, header, retransmitted: true);
            if (stream.Track.LastRecoveryTicks is > 0 and var sample)
            {
                _roundTrip.OnRecovery(nowTicks, sample);
            }
        }
    }

    /// <summary>Takes one plaintext compound RTCP packet.</summary>
    public void OnRtcp(long nowTicks, ReadOnlySpan<byte> compound)
    {
        foreach (var packet in new RtcpReader(compound))
        {
            if (SenderReport.TryParse(packet, out var report) && _streams.TryFind(report.Ssrc, out var stream) && !stream.IsRetransmission)
            {
                stream.Track.OnSenderReport(nowTicks, report.NtpTimestamp, report.RtpTimestamp);
            }
            else if (ExtendedReport.TryReadDelay(packet, _ownSsrc, out var reference, out var delay))
            {
                var ticks = (int)(NtpTime.Middle(NtpTime.FromUnixTicks(nowTicks)) - reference - delay);
                _roundTrip.OnReport(nowTicks, ticks < 0 ? ticks : NtpTime.ShortToTicks((uint)ticks));
            }
        }
    }

    /// <summary>To be called every 10 ms or so.</summary>
    public void HandleTimeout(long nowTicks)
    {
        Span<byte> buffer = stackalloc byte[MaxRtcpBytes];
        var writer = new RtcpWriter(buffer);
        if (nowTicks >= _nextReportTicks)
        {
            _nextReportTicks = nowTicks + ReportTicks;
            AddReport(nowTicks, ref writer);
        }

        // A little more than the round trip: the answer to the request before may just be arriving.
        var patience = _roundTrip.Ticks + (_roundTrip.Ticks / 8);
        Span<ushort> missing = stackalloc ushort[128];
        foreach (var track in _tracks)
        {
            var ssrc = track.Ssrc ?? 0;
            if (track.CollectNacks(nowTicks, patience, missing) is > 0 and var count)
            {
                if (!writer.AddNack(_ownSsrc, ssrc, missing[..count]))
                {
                    _egress.SendRtcp(writer.Written);
                    writer = new RtcpWriter(buffer);
                    writer.AddNack(_ownSsrc, ssrc, missing[..count]);
                }

                NackedPackets += count;
            }

            if (track.ShouldAskKeyFrame(nowTicks) && writer.AddPictureLoss(_ownSsrc, ssrc))
            {
                KeyFrameRequests++;
            }
        }

        if (writer.Length > 0)
        {
            _egress.SendRtcp(writer.Written);
        }

        if (nowTicks >= _nextFeedbackTicks && _arrivals.HasUnreportedPackets)
        {
            _nextFeedbackTicks = nowTicks + FeedbackTicks;
            SendFeedback(buffer);
        }
    }

    private void SendFeedback(Span<byte> buffer)
    {
        var media = _tracks.Length > 0 ? _tracks[0].Ssrc ?? 0 : 0;
        while (_arrivals.HasUnreportedPackets && _arrivals.WriteFeedback(_ownSsrc, media, buffer) is > 0 and var length)
        {
            _egress.SendRtcp(buffer[..length]);
        }
    }

    private void AddReport(long nowTicks, ref RtcpWriter writer)
    {
        Span<ReportBlock> blocks = stackalloc ReportBlock[16];
        var count = 0;
        foreach (var track in _tracks)
        {
            if (track.Statistics is { } statistics && count < blocks.Length)
            {
                blocks[count++] = statistics.CreateReport(nowTicks);
            }
        }

        if (count > 0)
        {
            writer.AddReceiverReport(_ownSsrc, blocks[..count]);

            // Any clock will do: the peer only repeats the time.
            writer.AddReferenceTime(_ownSsrc, NtpTime.FromUnixTicks(nowTicks));
        }
    }

    private void ReadExtensions(long nowTicks, in RtpPacket packet, UpTrack track)
    {
        var map = track.Options.Extensions;
        var isCounted = false;
        foreach (var element in packet.Extensions)
        {
            switch (map.KindOf(element.Id))
            {
                case HeaderExtensionKind.TransportSequenceNumber when element.Length >= 2 && !isCounted:
                    isCounted = true; // a packet has one number, however many it carries
                    _arrivals.OnPacket(nowTicks, BinaryPrimitives.ReadUInt16BigEndian(packet.Data[element.Offset..]));
                    break;
                case HeaderExtensionKind.AudioLevel when element.Length >= 1:
                    track.OnAudioLevel(packet.Data[element.Offset]);
                    break;
            }
        }
    }

    private bool TryFind(long nowTicks, in RtpPacket packet, out StreamTable.Stream stream)
    {
        if (_streams.TryFind(packet.Header.Ssrc, out stream))
        {
            return true;
        }

        if (!StreamLearner.TryLearn(nowTicks, packet, _tracks, _departed))
        {
            return false;
        }

        _streams = StreamTable.Of(_tracks);
        return _streams.TryFind(packet.Header.Ssrc, out stream);
    }

    private void SetTracks(UpTrack[] tracks)
    {
        _tracks = tracks;
        _streams = StreamTable.Of(tracks);
    }
}
