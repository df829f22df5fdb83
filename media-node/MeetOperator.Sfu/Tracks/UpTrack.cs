using MeetOperator.Rtp.Codecs;
using MeetOperator.Rtp.Packets;
using MeetOperator.Rtp.Reception;
using MeetOperator.Rtp.Retransmission;
using MeetOperator.Rtp.Rtcp;
using MeetOperator.Sfu.Forwarding;

namespace MeetOperator.Sfu.Tracks;

/// <summary>One track that a client sends (client → server), and the subscribers that get it.</summary>
public sealed class UpTrack
{
    /// <summary>About two seconds of a 2 Mbit/s camera.</summary>
    private const int HistoryPackets = 512;
    private const int HistoryBytes = 640 * 1024;

    /// <summary>Between two changes of the SSRC that is taken for the track's: late packets of the former one must not bring it back.</summary>
    private const long SettleTicks = 2 * TimeSpan.TicksPerSecond;

    /// <summary>An SSRC that sends nothing for so long may be followed by one that only its payload type places.</summary>
    private const long SilenceTicks = 2 * TimeSpan.TicksPerSecond;

    /// <summary>Between two reports that are passed on. Browsers report once a second or less often, and each report goes to every subscriber.</summary>
    private const long ReportTicks = 100 * TimeSpan.TicksPerMillisecond;

    /// <summary>The SSRC was set or changed, and the time of that is set when the next unknown one comes.</summary>
    private const long JustChanged = long.MaxValue;
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
    private long _lastPacketTicks = JustChanged;
    private uint? _formerRtxSsrc;
    private long _nextReportTicks = long.MinValue;
    private readonly RetransmissionBudget? _budget;

    /// <param name="options">What was negotiated.</param>
    /// <param name="participantId">Who sends it.</param>
    /// <param name="trackId">Its name in SDP.</param>
    /// <param name="budget">What its packets are kept from; null is unlimited.</param>
    public UpTrack(UpTrackOptions options, string participantId, string trackId, RetransmissionBudget? budget = null)
    {
        ArgumentNullException.ThrowIfNull(options);
        Options = options;
        ParticipantId = participantId;
        TrackId = trackId;
        Ssrc = options.Ssrc;
        RtxSsrc = options.RtxSsrc;
        _changedTicks = Ssrc is null ? _changedTicks : JustChanged;
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

    /// <summary>Known from the offer or learnt from the first packet.</summary>
    public uint? Ssrc { get; private set; }

    public uint? RtxSsrc { get; private set; }

    public bool IsMuted { get; private set; }

    /// <summary>The publisher took the track away; nothing can be attached any more.</summary>
    public bool IsClosed { get; private set; }

    public long ReceivedPackets { get; private set; }

    public long ReceivedBytes { get; private set; }

    /// <summary>Packets that came only after they were asked for again.</summary>
    public long RecoveredPackets { get; private set; }

    public long ForwardedPackets { get; private set; }

    /// <summary>Loudness of a microphone, 0 to 127.</summary>
    public int AudioLevel => _level.Level;

    /// <summary>A snapshot; replaced, never changed, so that forwarding iterates without a lock.</summary>
    public IReadOnlyList<DownTrack> DownTracks => _downTracks;

    internal RetransmissionHistory? History { get; private set; }

    internal HeaderTemplate ResendTemplate => _resendTemplate ??= new HeaderTemplate();

    internal ReceiveStatistics? Statistics => _statistics;

    /// <summary>The newest sender report: NTP time and the media timestamp of the same moment.</summary>
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
            _keyFrames.Want(urgent: true);
        }
    }

    public void Detach(DownTrack downTrack)
    {
        ArgumentNullException.ThrowIfNull(downTrack);
        downTrack.Source = null;
        _downTracks = [.. _downTracks.Where(d => d != downTrack)];
    }

    /// <summary>Lets go of all subscribers, for good.</summary>
    public void Close()
    {
        IsClosed = true;
        foreach (var downTrack in _downTracks)
        {
            downTrack.SourceClosed();
        }

        _downTracks = [];
        if (History is not null)
        {
            _budget?.Return(HistoryBytes);
            History.Dispose();
            History = null;
        }
    }

    /// <summary>A muted track is not forwarded, whatever the client sends.</summary>
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
            _keyFrames.Want(urgent: true);
        }
    }

    /// <summary>Closes an interval of the loudness; to be called about every 250 ms.</summary>
    public void UpdateAudioLevel() => _level.Update();

    /// <summary>The publisher renegotiated: payload types or extension ids may be others now.</summary>
    internal void Renegotiate(UpTrackOptions options)
    {
        if (options.Ssrc is { } announced && announced != Ssrc)
        {
            (Ssrc, RtxSsrc, _formerRtxSsrc) = (announced, options.RtxSsrc, RtxSsrc);
            (_changedTicks, _lastPacketTicks) = (JustChanged, JustChanged);
            Restart();
        }

        Options = options;
    }

    /// <summary>A packet shows that the track is sent under this SSRC now. False when it just began to be sent under another.</summary>
    /// <param name="nowTicks">Arrival.</param>
    /// <param name="ssrc">Of the packet; no track's.</param>
    /// <param name="isNamed">The packet names the track's section. Else it may be of a removed track, and nothing replaces an SSRC that is alive.</param>
    internal bool TryLearn(long nowTicks, uint ssrc, bool isNamed)
    {
        if (Ssrc is null)
        {
            Ssrc = ssrc;
            return true;
        }

        _changedTicks = _changedTicks == JustChanged ? nowTicks : _changedTicks;
        _lastPacketTicks = _lastPacketTicks == JustChanged ? nowTicks : _lastPacketTicks;
        if (nowTicks - _changedTicks < SettleTicks || (!isNamed && nowTicks - _lastPacketTicks < SilenceTicks))
        {
            return false;
        }

        (Ssrc, RtxSsrc, _formerRtxSsrc, _changedTicks) = (ssrc, null, RtxSsrc, nowTicks);
        Restart();
        return true;
    }

    /// <summary>As <see cref="TryLearn"/>, for the SSRC of its retransmissions; as they are rare, their silence says nothing.</summary>
    internal bool TryLearnRetransmissions(long nowTicks, uint ssrc, bool isNamed)
    {
        if (!isNamed && RtxSsrc is not null && RtxSsrc == Options.RtxSsrc)
        {
            return false;
        }

        _changedTicks = _changedTicks == JustChanged ? nowTicks : _changedTicks;
        if (ssrc == _formerRtxSsrc && nowTicks - _changedTicks < SettleTicks)
        {
            return false;
        }

        if (RtxSsrc is not null)
        {
            if (nowTicks - _rtxChangedTicks < SettleTicks)
            {
                return false;
            }

            _rtxChangedTicks = nowTicks;
        }

        RtxSsrc = ssrc;
        return true;
    }

    internal void WantKeyFrame(bool urgent) => _keyFrames.Want(urgent);

    internal bool ShouldAskKeyFrame(long nowTicks)
    {
        if (Options.Kind != MediaKind.Video || IsMuted || Ssrc is null || _downTracks.Length == 0)
        {
            return false;
        }

        if (_nacks?.NeedsKeyFrame == true)
        {
            _keyFrames.Want(urgent: false);
        }

        return _keyFrames.ShouldAsk(nowTicks);
    }

    /// <summary>Which packets to ask for again now.</summary>
    internal int CollectNacks(long nowTicks, long patienceTicks, Span<ushort> missing) =>
        _nacks is { } nacks && nacks.NextTimeoutTicks <= nowTicks ? nacks.Collect(nowTicks, patienceTicks, missing) : 0;

    /// <summary>How long the last packet took from the first request for it; 0 when it was not asked for.</summary>
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

    /// <summary>Takes one plaintext packet under the track's own SSRC and sends it to every subscriber.</summary>
    /// <param name="nowTicks">Arrival.</param>
    /// <param name="data">The packet.</param>
    /// <param name="header">Its header.</param>
    /// <param name="retransmitted">Restored from RTX: says nothing about loss and jitter.</param>
    internal void Receive(long nowTicks, ReadOnlySpan<byte> data, in RtpHeader header, bool retransmitted)
    {
        ReceivedPackets++;
        ReceivedBytes += data.Length;
        var filledGap = _nacks?.OnPacket(nowTicks, header.SequenceNumber) ?? false;
        if (retransmitted)
        {
            if (!filledGap)
            {
                return; // nobody misses it any more
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
            _keyFrames.KeyFrameSeen();
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
                // Out of the loop, so that a packet that goes well pays nothing for it.
                downTracks[next++].Fail(e);
            }
        }
    }

    /// <summary>The client sends under another SSRC now: another numbering, another clock.</summary>
    private void Restart()
    {
        _sequence = default;
        _statistics = null;
        LastReport = null;
        History?.Clear();
        _nacks = Options.Nack ? new NackGenerator() : null;
        foreach (var downTrack in _downTracks)
        {
            downTrack.RestartSource();
        }

        _keyFrames.Want(urgent: true);
    }
}
