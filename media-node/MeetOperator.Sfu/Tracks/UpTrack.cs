using MeetOperator.Rtp.Codecs;
using MeetOperator.Rtp.Packets;
using MeetOperator.Rtp.Reception;
using MeetOperator.Rtp.Retransmission;
using MeetOperator.Sfu.Forwarding;

namespace MeetOperator.Sfu.Tracks;

/// <summary>One track from a client (client → server), and the down tracks that forward it to subscribers.</summary>
public sealed class UpTrack
{
    /// <summary>About two seconds of a 2 Mbit/s camera.</summary>
    private const int HistoryPackets = 512;
    private const int HistoryBytes = 640 * 1024;

    /// <summary>Minimum time between two changes of the SSRC. Late packets of the previous SSRC must not restore it.</summary>
    private const long SsrcChangeIntervalTicks = 2 * TimeSpan.TicksPerSecond;

    /// <summary>Silence of the current SSRC after which a payload type alone can assign a new SSRC.</summary>
    private const long SilenceTicks = 2 * TimeSpan.TicksPerSecond;

    /// <summary>Minimum time between two forwarded reports. Each report goes to every subscriber; browsers report at most once per second.</summary>
    private const long ReportTicks = 100 * TimeSpan.TicksPerMillisecond;

    /// <summary>Placeholder for a time that is not known because the change came from SDP. The next packet with an unknown SSRC sets it.</summary>
    private const long TimePending = long.MaxValue;
    private readonly HeaderTemplate _template = new();
    private HeaderTemplate? _resendTemplate;
    private DownTrack[] _downTracks = [];
    private ExtendedSequenceNumber _sequence;
    private KeyFrameRequestThrottle _keyFrames;
    private AudioLevelMeter _level;
    private ReceiveStatistics? _statistics;
    private NackGenerator? _nacks;
    private long _changedTicks = long.MinValue / 2;
    private long _rtxChangedTicks = long.MinValue / 2;
    private long _lastPacketTicks = TimePending;
    private uint? _formerRtxSsrc;
    private long _nextReportTicks = long.MinValue;
    private readonly RetransmissionBudget? _budget;

    /// <param name="options">The negotiated parameters.</param>
    /// <param name="participantId">The participant that publishes the track.</param>
    /// <param name="trackId">The track ID in SDP.</param>
    /// <param name="budget">Memory budget for retransmissions; null for no limit.</param>
    public UpTrack(UpTrackOptions options, string participantId, string trackId, RetransmissionBudget? budget = null)
    {
        ArgumentNullException.ThrowIfNull(options);
        Options = options;
        ParticipantId = participantId;
        TrackId = trackId;
        Ssrc = options.Ssrc;
        RtxSsrc = options.RtxSsrc;
        _changedTicks = Ssrc is null ? _changedTicks : TimePending;
        _budget = budget;
        if (options.Kind == MediaKind.Video && budget?.TryTake(HistoryBytes) != false)
        {
            History = new RetransmissionHistory(HistoryPackets, HistoryBytes);
        }

        if (options.Nack)
        {
            _nacks = new NackGenerator();
        }
    }

    public UpTrackOptions Options { get; private set; }

    public string ParticipantId { get; }

    public string TrackId { get; }

    /// <summary>The SSRC from the offer or from the first packet; null before both.</summary>
    public uint? Ssrc { get; private set; }

    public uint? RtxSsrc { get; private set; }

    public bool IsMuted { get; private set; }

    /// <summary>Whether the publisher removed the track. A closed track accepts no down tracks.</summary>
    public bool IsClosed { get; private set; }

    public long ReceivedPackets { get; private set; }

    public long ReceivedBytes { get; private set; }

    /// <summary>Packets that were recovered by retransmission.</summary>
    public long RecoveredPackets { get; private set; }

    public long ForwardedPackets { get; private set; }

    /// <summary>Loudness of a microphone from 0 to 127.</summary>
    public int AudioLevel => _level.Level;

    /// <summary>A snapshot of the down tracks. The array is replaced instead of changed, so that forwarding can iterate without a lock.</summary>
    public IReadOnlyList<DownTrack> DownTracks => _downTracks;

    internal RetransmissionHistory? History { get; private set; }

    internal HeaderTemplate ResendTemplate => _resendTemplate ??= new HeaderTemplate();

    internal ReceiveStatistics? Statistics => _statistics;

    /// <summary>The latest sender report: NTP time and the RTP timestamp of the same moment.</summary>
    internal (ulong Ntp, uint Timestamp)? LastReport { get; private set; }

    public void Attach(DownTrack downTrack)
    {
        ArgumentNullException.ThrowIfNull(downTrack);
        downTrack.Source?.Detach(downTrack);
        downTrack.Pause();
        downTrack.Source = this;
        _downTracks = [.. _downTracks, downTrack];
        if (downTrack.IsReady)
        {
            _keyFrames.Request(urgent: true);
        }
    }

    public void Detach(DownTrack downTrack)
    {
        ArgumentNullException.ThrowIfNull(downTrack);
        downTrack.Source = null;
        _downTracks = [.. _downTracks.Where(d => d != downTrack)];
    }

    /// <summary>Detaches all down tracks and releases the history. The track cannot be used again.</summary>
    public void Close()
    {
        IsClosed = true;
        foreach (var downTrack in _downTracks)
        {
            downTrack.OnSourceClosed();
        }

        _downTracks = [];
        if (History is not null)
        {
            _budget?.Return(HistoryBytes);
            History.Dispose();
            History = null;
        }
    }

    /// <summary>Mutes or unmutes the track. A muted track is not forwarded, even when the client sends packets.</summary>
    public void SetMuted(bool muted)
    {
        if (muted == IsMuted)
        {
            return;
        }

        IsMuted = muted;
        foreach (var downTrack in _downTracks)
        {
            downTrack.Pause();
        }

        if (!muted)
        {
            _keyFrames.Request(urgent: true);
        }
    }

    /// <summary>Ends an interval of the loudness measurement. Call this about every 250 ms.</summary>
    public void UpdateAudioLevel() => _level.Update();

    /// <summary>Applies the SSRC, payload types and extension IDs of a renegotiation.</summary>
    internal void Renegotiate(UpTrackOptions options)
    {
        if (options.Ssrc is { } announced && announced != Ssrc)
        {
            (Ssrc, RtxSsrc, _formerRtxSsrc) = (announced, options.RtxSsrc, RtxSsrc);
            (_changedTicks, _lastPacketTicks) = (TimePending, TimePending);
            Restart();
        }

        Options = options;
    }

    /// <summary>Assigns the SSRC of a received packet. False while the current SSRC must not be replaced.</summary>
    /// <param name="nowTicks">Arrival time.</param>
    /// <param name="ssrc">The SSRC of the packet, which belongs to no track.</param>
    /// <param name="hasMid">Whether the packet has the MID of the track. Only such a packet may replace an active SSRC; others may belong to a removed track.</param>
    internal bool TryAssignSsrc(long nowTicks, uint ssrc, bool hasMid)
    {
        if (Ssrc is null)
        {
            Ssrc = ssrc;
            return true;
        }

        _changedTicks = _changedTicks == TimePending ? nowTicks : _changedTicks;
        _lastPacketTicks = _lastPacketTicks == TimePending ? nowTicks : _lastPacketTicks;
        if (nowTicks - _changedTicks < SsrcChangeIntervalTicks || (!hasMid && nowTicks - _lastPacketTicks < SilenceTicks))
        {
            return false;
        }

        (Ssrc, RtxSsrc, _formerRtxSsrc, _changedTicks) = (ssrc, null, RtxSsrc, nowTicks);
        Restart();
        return true;
    }

    /// <summary>Like <see cref="TryAssignSsrc"/>, for the RTX SSRC. Retransmissions are rare, so silence does not mean that the SSRC is inactive.</summary>
    internal bool TryAssignRtxSsrc(long nowTicks, uint ssrc, bool hasMid)
    {
        if (!hasMid && RtxSsrc is not null && RtxSsrc == Options.RtxSsrc)
        {
            return false;
        }

        _changedTicks = _changedTicks == TimePending ? nowTicks : _changedTicks;
        if (ssrc == _formerRtxSsrc && nowTicks - _changedTicks < SsrcChangeIntervalTicks)
        {
            return false;
        }

        if (RtxSsrc is not null)
        {
            if (nowTicks - _rtxChangedTicks < SsrcChangeIntervalTicks)
            {
                return false;
            }

            _rtxChangedTicks = nowTicks;
        }

        RtxSsrc = ssrc;
        return true;
    }

    internal void RequestKeyFrame(bool urgent) => _keyFrames.Request(urgent);

    internal bool TryTakeKeyFrameRequest(long nowTicks)
    {
        if (Options.Kind != MediaKind.Video || IsMuted || Ssrc is null || _downTracks.Length == 0)
        {
            return false;
        }

        if (_nacks?.NeedsKeyFrame == true)
        {
            _keyFrames.Request(urgent: false);
        }

        return _keyFrames.TryTakeRequest(nowTicks);
    }

    /// <summary>Writes the sequence numbers to request now and returns their number.</summary>
    internal int CollectNacks(long nowTicks, long retryTicks, Span<ushort> missing) =>
        _nacks is { } nacks && nacks.NextTimeoutTicks <= nowTicks ? nacks.Collect(nowTicks, retryTicks, missing) : 0;

    /// <summary>Time from the first request for the last packet until its arrival; 0 when it was not requested.</summary>
    internal long LastRecoveryTicks => _nacks?.LastRecoveryTicks ?? 0;

    internal void OnAudioLevel(byte value) => _level.OnPacket(value);

    internal void OnSenderReport(long nowTicks, ulong ntp, uint timestamp)
    {
        LastReport = (ntp, timestamp);
        _statistics?.OnSenderReport(nowTicks, ntp);
        if (IsMuted || nowTicks < _nextReportTicks)
        {
            return;
        }

        _nextReportTicks = nowTicks + ReportTicks;
        foreach (var downTrack in _downTracks)
        {
            downTrack.SendReport(nowTicks, ntp, timestamp);
        }
    }

    /// <summary>Processes one unencrypted packet with the track's SSRC and forwards it to every down track.</summary>
    /// <param name="nowTicks">Arrival time.</param>
    /// <param name="data">The packet.</param>
    /// <param name="header">The header of the packet.</param>
    /// <param name="retransmitted">Whether the packet was restored from RTX. Such packets do not count for loss and jitter.</param>
    internal void Receive(long nowTicks, ReadOnlySpan<byte> data, in RtpHeader header, bool retransmitted)
    {
        ReceivedPackets++;
        ReceivedBytes += data.Length;
        var filledGap = _nacks?.OnPacket(nowTicks, header.SequenceNumber) ?? false;
        if (retransmitted)
        {
            if (!filledGap)
            {
                return; // a duplicate, or too late
            }

            RecoveredPackets++;
        }
        else
        {
            _lastPacketTicks = nowTicks;
            (_statistics ??= new ReceiveStatistics(header.Ssrc, Options.ClockRate)).OnPacket(nowTicks, header.SequenceNumber, header.Timestamp, data.Length);
        }

        var sequence = _sequence.Unwrap(header.SequenceNumber);
        var payload = data[header.Length..];
        if (payload.IsEmpty)
        {
            return;
        }

        var startsKeyFrame = Options.Kind == MediaKind.Video && KeyFrame.StartsIn(Options.Codec, payload);
        if (startsKeyFrame)
        {
            _keyFrames.OnKeyFrame();
            _nacks?.OnKeyFrame(header.SequenceNumber);
        }

        History?.Add(sequence, data);
        if (IsMuted)
        {
            return;
        }

        var packet = new ForwardedPacket
        {
            Source = this,
            Data = data,
            Header = header,
            Payload = payload,
            Sequence = sequence,
            StartsKeyFrame = startsKeyFrame,
        };
        _template.Reset();
        var downTracks = _downTracks;
        ForwardedPackets += downTracks.Length;
        var next = 0;
        while (next < downTracks.Length)
        {
            try
            {
                for (; next < downTracks.Length; next++)
                {
                    downTracks[next].Forward(nowTicks, packet, _template);
                }
            }
            catch (Exception e)
            {
                // The try block surrounds the loop, so that exception handling costs nothing for each down track.
                downTracks[next++].Fail(e);
            }
        }
    }

    /// <summary>Resets the state because a new SSRC has its own numbering and clock.</summary>
    private void Restart()
    {
        _sequence = default;
        _statistics = null;
        LastReport = null;
        History?.Clear();
        _nacks = Options.Nack ? new NackGenerator() : null;
        foreach (var downTrack in _downTracks)
        {
            downTrack.ResetSource();
        }

        _keyFrames.Request(urgent: true);
    }
}
