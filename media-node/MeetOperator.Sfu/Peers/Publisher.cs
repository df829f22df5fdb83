using MeetOperator.Sfu.Egress;
using System.Buffers.Binary;
using MeetOperator.Rtp.HeaderExtensions;
using MeetOperator.Rtp.Packets;
using MeetOperator.Rtp.Reception;
using MeetOperator.Rtp.Retransmission;
using MeetOperator.Rtp.Rtcp;
using MeetOperator.Sfu.Bandwidth;
using MeetOperator.Sfu.Tracks;

namespace MeetOperator.Sfu.Peers;

/// <summary>
/// The publishing side of one peer connection. Assigns packets to tracks, reports their reception to the client (transport-wide feedback,
/// receiver reports), and requests retransmissions and key frames.
/// </summary>
public sealed class Publisher
{
    private const long ReportTicks = TimeSpan.TicksPerSecond;

    /// <summary>Time without packets of tracks that are not muted, after which the publisher rests, and the interval of its timers while it does.</summary>
    private const long RestTicks = 5 * TimeSpan.TicksPerSecond;
    private const long MinTimerTicks = 10 * TimeSpan.TicksPerMillisecond;
    private const int MaxRtcpBytes = 1200;

    /// <summary>Maximum number of blocks in one receiver report (RFC 3550 §6.4.2).</summary>
    private const int MaxBlocks = 31;
    private readonly IPeerEgress _egress;
    private readonly uint _ownSsrc;
    private readonly ArrivalFeedback _feedback;
    private readonly RemovedSsrcs _removed = new();
    private readonly AwaitedTracks _awaited = new();
    private UpTrack[] _tracks = [];

    /// <summary>The streams of all tracks; null when the tracks have changed since.</summary>
    private StreamTable? _streams;
    private long _nextReportTicks;
    private long _lastPacketTicks;

    /// <summary>The ID of the transport-wide sequence number, which is the same for all tracks of a connection (RFC 8843 §9.2); 0 for none.</summary>
    private byte _numberId;

    /// <summary>The round trip from RTCP reports, connectivity checks or recovered packets.</summary>
    private RoundTripTime _roundTrip;
    private long _lastCheckTicks;

    /// <param name="egress">Sends packets to the client.</param>
    /// <param name="ownSsrc">The media node's own SSRC for reports.</param>
    public Publisher(IPeerEgress egress, uint ownSsrc)
    {
        _egress = egress;
        _ownSsrc = ownSsrc;
        _feedback = new ArrivalFeedback(ownSsrc);
    }

    /// <summary>How often the layers that tracks request from their publisher have changed.</summary>
    public int RequestChanges { get; private set; }

    public void Add(UpTrack track)
    {
        SetTracks([.. _tracks, track]);
        track.SetPublisher(_egress);
    }

    /// <summary>Adds a track that another connection of the participant carried. Remove it there first.</summary>
    public void Continue(UpTrack track, UpTrackOptions options)
    {
        ArgumentNullException.ThrowIfNull(track);
        track.Reconnect(options);
        Add(track);
    }

    /// <summary>
    /// Sets the tracks that the client will send on this connection while another connection of the participant still carries them. Until they are added here, their packets
    /// count for the feedback about the path only.
    /// </summary>
    public void Await(IReadOnlyList<UpTrackOptions> tracks)
    {
        ArgumentNullException.ThrowIfNull(tracks);
        _awaited.Set(tracks);
        UpdateNumberId(tracks);
    }

    /// <summary>The awaited track that a packet starts: any packet of audio, or the first one of a key frame. Null for other packets.</summary>
    public UpTrackOptions? FindStart(ReadOnlySpan<byte> data) =>
        !_awaited.IsEmpty && RtpPacket.TryParse(data, out var packet) && !Streams.TryFind(packet.Header.Ssrc, out _) ? _awaited.FindStart(packet, _tracks) : null;

    public void Remove(UpTrack track)
    {
        ArgumentNullException.ThrowIfNull(track);
        foreach (var layer in track.Layers)
        {
            _removed.Add(layer.Ssrc);
            _removed.Add(layer.RtxSsrc);
        }

        SetTracks([.. _tracks.Where(t => t != track)]);
    }

    public void Renegotiate(UpTrack track, UpTrackOptions options)
    {
        ArgumentNullException.ThrowIfNull(track);
        track.Renegotiate(options);
        SetTracks(_tracks);
        track.SetPublisher(_egress);
    }

    /// <summary>Processes one unencrypted RTP packet. May change the buffer.</summary>
    /// <param name="nowTicks">The time at which the packet is processed.</param>
    /// <param name="data">The packet.</param>
    /// <param name="arrivalTicks">When the packet arrived, for the feedback about the path and the jitter; null when that is the same time.</param>
    public ReceivedMedia OnRtp(long nowTicks, Span<byte> data, long? arrivalTicks = null)
    {
        var arrival = arrivalTicks ?? nowTicks;
        if (!RtpPacket.TryParse(data, out var packet))
        {
            return ReceivedMedia.Unknown;
        }

        if (!TryFind(nowTicks, packet, out var stream))
        {
            // The client estimates its line from all its packets, also those of tracks that another connection carries.
            ReadNumber(arrival, packet);
            _awaited.OnPacket(packet, _tracks);
            return _awaited.Contains(packet, _tracks) ? ReceivedMedia.Active : ReceivedMedia.Unknown;
        }

        if (!stream.Track.IsMuted)
        {
            _nextReportTicks = nowTicks - _lastPacketTicks >= RestTicks ? Math.Min(_nextReportTicks, nowTicks + ReportTicks) : _nextReportTicks;
            _lastPacketTicks = nowTicks;
        }

        ReadExtensions(nowTicks, arrival, packet, stream, out var descriptor);
        var isTaken = true;
        if (!stream.IsRetransmission)
        {
            isTaken = stream.Track.Receive(nowTicks, stream.Layer, data, packet.Header, retransmitted: false, descriptor, arrival);
        }
        else if (RtxPacket.TryRestore(data, stream.Track.Options.PayloadType, stream.Layer.Ssrc ?? 0, out var original)
            && RtpHeader.TryParse(original, out var header))
        {
            isTaken = stream.Track.Receive(nowTicks, stream.Layer, original, header, retransmitted: true, descriptor, arrival);
            if (stream.Layer.LastRecoveryTicks is > 0 and var sample)
            {
                _roundTrip.OnRecovery(nowTicks, sample);
            }
        }

        return stream.Track.IsMuted ? ReceivedMedia.Muted : isTaken ? ReceivedMedia.Active : ReceivedMedia.Excess;
    }

    /// <summary>Processes one unencrypted compound RTCP packet.</summary>
    /// <param name="nowTicks">The time at which it is processed.</param>
    /// <param name="compound">The packet.</param>
    /// <param name="arrivalTicks">When it arrived, for the round trip; null when that is the same time.</param>
    public void OnRtcp(long nowTicks, ReadOnlySpan<byte> compound, long? arrivalTicks = null)
    {
        foreach (var packet in new RtcpReader(compound))
        {
            if (SenderReport.TryParse(packet, out var report) && Streams.TryFind(report.Ssrc, out var stream) && !stream.IsRetransmission)
            {
                stream.Track.OnSenderReport(nowTicks, stream.Layer, report.NtpTimestamp, report.RtpTimestamp);
            }
            else if (ExtendedReport.TryReadDelay(packet, _ownSsrc, out var reference, out var delay))
            {
                var ticks = (int)(NtpTime.Middle(NtpTime.FromUnixTicks(arrivalTicks ?? nowTicks)) - reference - delay);
                _roundTrip.OnReport(nowTicks, ticks < 0 ? ticks : NtpTime.ShortToTicks((uint)ticks));
            }
        }
    }

    /// <summary>Adds the round trip of a connectivity check, which shows how long requests take while the client answers no reference times. Each check counts once.</summary>
    /// <param name="checkedTicks">When the check was answered.</param>
    /// <param name="roundTripTicks">What it measured.</param>
    public void OnPathCheck(long checkedTicks, long roundTripTicks)
    {
        if (checkedTicks != _lastCheckTicks)
        {
            _lastCheckTicks = checkedTicks;
            _roundTrip.OnCheck(checkedTicks, roundTripTicks);
        }
    }

    /// <summary>Sends due reports, requests and feedback. Does nothing until the connection is established.</summary>
    /// <returns>When to call again, if no packet arrives. Call it within 10 ms after a packet, and within about a second after a packet of a muted track.</returns>
    public long HandleTimeout(long nowTicks)
    {
        if (!_egress.IsReady)
        {
            return long.MaxValue;
        }

        var next = long.MaxValue;
        Span<byte> buffer = stackalloc byte[MaxRtcpBytes];
        var batch = new RtcpBatch(_egress, buffer, _ownSsrc);
        if (nowTicks >= _nextReportTicks)
        {
            _nextReportTicks = nowTicks + (nowTicks - _lastPacketTicks < RestTicks ? ReportTicks : RestTicks);
            AddReports(nowTicks, ref batch);
        }

        // Slightly more than the round trip, because the answer to the previous request may be about to arrive.
        var retryTicks = _roundTrip.Ticks + (_roundTrip.Ticks / 8);
        Span<ushort> missing = stackalloc ushort[128];
        foreach (var track in _tracks)
        {
            if (!track.IsDue(nowTicks))
            {
                continue; // on a link of a large meeting, most tracks are silent
            }

            track.HandleTimeout(nowTicks);
            RequestChanges += track.TakeRequestChange() ? 1 : 0;
            track.ReplayKeyFrames(nowTicks);
            var nextOfTrack = long.MaxValue;
            foreach (var layer in track.Layers)
            {
                var ssrc = layer.Ssrc ?? 0;
                if (layer.CollectNacks(nowTicks, retryTicks, missing) is > 0 and var count)
                {
                    batch.AddNack(ssrc, missing[..count]);
                }

                if (track.TryTakeKeyFrameRequest(nowTicks, layer))
                {
                    batch.AddPictureLoss(ssrc);
                }

                nextOfTrack = Math.Min(nextOfTrack, track.NextRequestTicks(layer));
            }

            track.OnHandled(isAwaiting: nextOfTrack != long.MaxValue);
            next = Math.Min(next, nextOfTrack);
        }

        while (_awaited.TryTakeKeyFrameRequest(nowTicks, out var awaited))
        {
            batch.AddPictureLoss(awaited);
        }

        batch.Send();
        if (_feedback.TryStart(nowTicks))
        {
            while (_feedback.WriteNext(Streams.FirstMediaSsrc, buffer) is > 0 and var length)
            {
                _egress.SendRtcp(buffer[..length]);
            }
        }

        return Math.Max(nowTicks + MinTimerTicks, Math.Min(next, Math.Min(_nextReportTicks, _feedback.NextTicks)));
    }

    /// <summary>Adds a report about each stream. More streams than fit into one report are in further ones (RFC 3550 §6.1).</summary>
    private void AddReports(long nowTicks, ref RtcpBatch batch)
    {
        Span<ReportBlock> blocks = stackalloc ReportBlock[MaxBlocks];
        var count = 0;
        foreach (var track in _tracks)
        {
            foreach (var layer in track.Layers)
            {
                if (layer.Statistics is not { } statistics)
                {
                    continue;
                }

                if (count == MaxBlocks)
                {
                    batch.AddReceiverReport(blocks);
                    count = 0;
                }

                blocks[count++] = statistics.CreateReport(nowTicks);
            }
        }

        if (count > 0)
        {
            batch.AddReceiverReport(blocks[..count]);
            if (Array.Exists(_tracks, static track => track.Options.ReferenceTime))
            {
                batch.AddReferenceTime(NtpTime.FromUnixTicks(nowTicks)); // the peer only returns the time, so any clock is valid
            }
        }
    }

    private void ReadExtensions(long nowTicks, long arrivalTicks, in RtpPacket packet, in StreamTable.Stream stream, out HeaderExtensionElement descriptor)
    {
        descriptor = default;
        var map = stream.Track.Options.Extensions;
        var hasSequenceNumber = false;
        foreach (var element in packet.Extensions)
        {
            switch (map.KindOf(element.Id))
            {
                case HeaderExtensionKind.TransportSequenceNumber when element.Length >= 2 && !hasSequenceNumber:
                    hasSequenceNumber = true; // counts a packet once, even when it repeats the extension
                    _feedback.OnPacket(arrivalTicks, BinaryPrimitives.ReadUInt16BigEndian(packet.Data[element.Offset..]));
                    break;
                case HeaderExtensionKind.AudioLevel when element.Length >= 1:
                    stream.Track.OnAudioLevel(nowTicks, packet.Data[element.Offset]);
                    break;
                case HeaderExtensionKind.VideoLayersAllocation
                    when !stream.IsRetransmission && VideoLayersAllocation.TryParse(packet.Data.Slice(element.Offset, element.Length), out var allocation):
                    stream.Track.OnAllocation(nowTicks, stream.Layer, allocation);
                    break;
                case HeaderExtensionKind.DependencyDescriptor when descriptor.Length == 0:
                    descriptor = element;
                    break;
            }
        }
    }

    /// <summary>Counts a packet that belongs to no track for the feedback.</summary>
    private void ReadNumber(long arrivalTicks, in RtpPacket packet)
    {
        foreach (var element in packet.Extensions)
        {
            if (element.Id == _numberId && element.Length >= 2 && _numberId != 0)
            {
                _feedback.OnPacket(arrivalTicks, BinaryPrimitives.ReadUInt16BigEndian(packet.Data[element.Offset..]));
                return;
            }
        }
    }

    private StreamTable Streams => _streams ??= StreamTable.FromTracks(_tracks);

    private bool TryFind(long nowTicks, in RtpPacket packet, out StreamTable.Stream stream)
    {
        if (Streams.TryFind(packet.Header.Ssrc, out stream))
        {
            return true;
        }

        if (_awaited.Contains(packet, _tracks) || !SsrcResolver.TryResolve(nowTicks, packet, _tracks, _removed))
        {
            return false;
        }

        _streams = null;
        return Streams.TryFind(packet.Header.Ssrc, out stream);
    }

    private void SetTracks(UpTrack[] tracks)
    {
        _tracks = tracks;
        _streams = null;
        UpdateNumberId([.. tracks.Select(t => t.Options)]);
    }

    private void UpdateNumberId(IReadOnlyList<UpTrackOptions> tracks)
    {
        foreach (var options in tracks)
        {
            _numberId = options.Extensions.IdOf(HeaderExtensionKind.TransportSequenceNumber) is > 0 and var id ? id : _numberId;
        }
    }
}
