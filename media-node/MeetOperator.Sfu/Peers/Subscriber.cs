using MeetOperator.Rtp.HeaderExtensions;
using MeetOperator.Rtp.Rtcp;
using MeetOperator.Sfu.Allocation;
using MeetOperator.Sfu.Bandwidth;
using MeetOperator.Sfu.Egress;
using MeetOperator.Sfu.Layers;
using MeetOperator.Sfu.Pacing;
using MeetOperator.Sfu.Tracks;

namespace MeetOperator.Sfu.Peers;

/// <summary>The subscribing side of one peer connection: its down tracks and the client's reports about them.</summary>
public sealed class Subscriber : IPaddingSource
{
    /// <summary>Maximum number of packets that one compound packet may request. A conforming client stays below it.</summary>
    private const int MaxNacksPerCompound = 256;

    /// <summary>Maximum number of key frames that one compound packet may ask for: one for each video that a client shows.</summary>
    private const int MaxKeyFramesPerCompound = 32;

    /// <summary>Most clients get few tracks, and a link of a media node gets hundreds. A linear search through so many is faster than a dictionary.</summary>
    private const int MaxSearched = 16;

    /// <summary>Minimum time between two answers (DLRR) to the reference times of a client. All its streams share one path, so it needs no more.</summary>
    private const long ReferenceTicks = 500 * TimeSpan.TicksPerMillisecond;

    /// <summary>A shorter pause is not reported. It happens while a new connection finds out what its line takes.</summary>
    private const long PausedTicks = TimeSpan.TicksPerSecond;
    private readonly PacedEgress _egress;
    private readonly BandwidthAllocation _allocation = new();
    private readonly IPeerEgress _peer;
    private readonly MemoryBudget? _budget;
    private DownTrack[] _tracks = [];

    /// <summary>The tracks by SSRC; null for few tracks, and when the tracks have changed since.</summary>
    private Dictionary<uint, DownTrack>? _bySsrc;
    private bool _isPausedChanged;
    private long _lastReferenceTicks = long.MinValue / 2;
    private Func<UpTrack, TrackView> _viewOf = static _ => default;

    /// <param name="egress">Sends packets to the client.</param>
    /// <param name="budget">Memory budget for retransmissions to clients without RTX; null for no limit.</param>
    /// <param name="longKeyFrames">The share of the room in the memory for key frames that take the line more than a second; null for no limit.</param>
    public Subscriber(IPeerEgress egress, MemoryBudget? budget = null, MemoryShare? longKeyFrames = null)
    {
        _budget = budget;
        _peer = egress;
        _egress = new PacedEgress(egress, this, longKeyFrames);
    }

    /// <summary>The number of down tracks with a source.</summary>
    public int StartedTracks => _tracks.Count(t => t.Source is not null);

    /// <summary>The estimate of what the client's line can take, in bits per second; null while the client has not reported about it.</summary>
    public long? EstimatedBitsPerSecond => _egress.Bandwidth.HasFeedback ? _egress.Bandwidth.EstimateBitsPerSecond : null;

    /// <summary>
    /// What a second connection over the same line may assume: half of the estimate. If all videos in their lowest quality take more than that, it is what they take, up to the estimate.
    /// While nothing has shown that the line is narrow, here or on the former media node, it is at least the estimate of a connection whose line is unknown, because the estimate grows only
    /// with what is needed.
    /// Null while the client has not reported about the line, or no longer does, and without video.
    /// </summary>
    public long? LineShareBitsPerSecond
    {
        get
        {
            var bandwidth = _egress.Bandwidth;
            if (bandwidth is { HasFeedback: false } or { IsSilent: true } || Use is not { WantedBitsPerSecond: > 0 } use)
            {
                return null;
            }

            var share = Math.Min(bandwidth.SustainedBitsPerSecond, Math.Max(bandwidth.SustainedBitsPerSecond / 2, _allocation.LeastBitsPerSecond));
            return bandwidth.IsLimitKnown || bandwidth.StartsNarrow || use.IsLimited ? share : Math.Max(share, SendBandwidthOptions.Default.StartBitsPerSecond);
        }
    }

    /// <inheritdoc cref="Bandwidth.SendBandwidth.StartAt"/>
    public void AssumeLine(long bitsPerSecond) => _egress.Bandwidth.StartAt(bitsPerSecond);

    /// <summary>The sources of the tracks that the client shows and has not got for a second, because its line cannot take them.</summary>
    public IReadOnlyList<UpTrack> PausedSources { get; private set; } = [];

    /// <summary>Returns true once after <see cref="PausedSources"/> has changed.</summary>
    public bool TryTakePausedChange()
    {
        var changed = _isPausedChanged;
        _isPausedChanged = false;
        return changed;
    }

    /// <summary>Starts sending <paramref name="source"/> to this subscriber.</summary>
    public DownTrack Add(UpTrack source, DownTrackOptions options)
    {
        ArgumentNullException.ThrowIfNull(source);
        var track = Add(options);
        track.SetView(_viewOf(source));
        source.Attach(track);
        AllocateSoon();
        return track;
    }

    /// <summary>Adds a track that has no source yet.</summary>
    public DownTrack Add(DownTrackOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        var track = new DownTrack(options, _egress, _budget);
        SetTracks([.. _tracks, track]);
        if (options.Extensions.IdOf(HeaderExtensionKind.TransportSequenceNumber) > 0)
        {
            _egress.ExpectFeedback();
        }

        return track;
    }

    /// <summary>Starts sending another source on a track, with continuous numbers. The options must keep the SSRC.</summary>
    public void Start(DownTrack track, UpTrack source, DownTrackOptions options)
    {
        ArgumentNullException.ThrowIfNull(track);
        ArgumentNullException.ThrowIfNull(source);
        track.Stop();
        track.Renegotiate(options);
        track.SetView(_viewOf(source));
        track.Start(source);
        AllocateSoon();
    }

    /// <summary>Starts all videos with key frames. Call this when the egress becomes ready; earlier key frames would be lost.</summary>
    public void OnReady()
    {
        foreach (var track in _tracks)
        {
            track.OnReady();
        }
    }

    /// <summary>Sets how the client shows each track, also the tracks that are added later. Without it, the default of <see cref="TrackView"/> applies.</summary>
    public void SetViews(Func<UpTrack, TrackView> viewOf)
    {
        ArgumentNullException.ThrowIfNull(viewOf);
        _viewOf = viewOf;
        foreach (var track in _tracks)
        {
            if (track.Source is { } source)
            {
                track.SetView(viewOf(source));
            }
        }

        AllocateSoon();
    }

    /// <summary>Prefers the camera of the participant who speaks; null for none.</summary>
    public void SetSpeaker(string? participantId)
    {
        if (_allocation.Speaker != participantId)
        {
            _allocation.Speaker = participantId;
            AllocateSoon();
        }
    }

    /// <summary>What the client gets of its line; null while it does not report what the line takes.</summary>
    internal LineUse? Use => _allocation.Use;

    /// <summary>Limits what all videos take, because the client may share its line with others.</summary>
    internal void Limit(LineSharing sharing)
    {
        if (_allocation.TryLimit(sharing, _tracks))
        {
            _peer.WakeAt(0);
        }
    }

    /// <summary>Sends the packets whose turn it is, and adapts the quality to the line. Returns when to call again; <see cref="long.MaxValue"/> when there is nothing to do.</summary>
    public long HandleTimeout(long nowTicks)
    {
        if (!_egress.IsReady)
        {
            return long.MaxValue;
        }

        if (_allocation.TryRun(nowTicks, _egress, _tracks))
        {
            UpdatePaused(nowTicks);
        }

        if (_egress.TryDiscard())
        {
            foreach (var track in _tracks)
            {
                track.SkipToKeyFrame();
            }
        }

        var next = Math.Min(_egress.HandleTimeout(nowTicks), _allocation.NextTicks);
        if (_egress.TryTakeRoom())
        {
            foreach (var track in _tracks)
            {
                track.OnRoom();
            }
        }

        return next;
    }

    bool IPaddingSource.HasPadding
    {
        get
        {
            foreach (var track in _tracks)
            {
                if (track.HasPadding)
                {
                    return true;
                }
            }

            return false;
        }
    }

    bool IPaddingSource.TrySendPadding(long nowTicks)
    {
        foreach (var track in _tracks)
        {
            if (track.TrySendPadding(nowTicks))
            {
                return true;
            }
        }

        return false;
    }

    public void Remove(DownTrack track)
    {
        ArgumentNullException.ThrowIfNull(track);
        track.Stop();
        SetTracks([.. _tracks.Where(t => t != track)]);
        AllocateSoon();
    }

    /// <summary>Detaches all tracks.</summary>
    public void Close()
    {
        _egress.Close(); // first, so that its memory is free also if a track fails to stop
        foreach (var track in _tracks)
        {
            track.Stop();
        }

        SetTracks([]);
    }

    /// <summary>Processes one unencrypted compound RTCP packet.</summary>
    /// <param name="nowTicks">The time at which it is processed.</param>
    /// <param name="compound">The packet.</param>
    /// <param name="arrivalTicks">When it arrived, for the round trip; null when that is the same time.</param>
    public void OnRtcp(long nowTicks, ReadOnlySpan<byte> compound, long? arrivalTicks = null)
    {
        var (nacks, keyFrames) = (0, 0);
        DownTrack? reported = null;
        foreach (var packet in new RtcpReader(compound))
        {
            if (ReceiverReport.TryParse(packet, out var report))
            {
                foreach (var block in report.Reports)
                {
                    var track = Find(block.Ssrc);
                    track?.OnReport(arrivalTicks ?? nowTicks, block);
                    reported ??= track;
                }
            }
            else if (ExtendedReport.TryReadReferenceTime(packet, out var receiver, out var reference))
            {
                AnswerReferenceTime(nowTicks, reported, receiver, reference);
            }
            else if (FeedbackMessage.TryParse(packet, out var feedback))
            {
                OnFeedback(nowTicks, feedback, ref nacks, ref keyFrames);
            }
        }
    }

    private void UpdatePaused(long nowTicks)
    {
        var index = 0;
        var isSame = true;
        foreach (var track in _tracks)
        {
            if (IsPausedForLong(nowTicks, track))
            {
                isSame &= index < PausedSources.Count && ReferenceEquals(PausedSources[index], track.Source);
                index++;
            }
        }

        if (!isSame || index != PausedSources.Count)
        {
            PausedSources = [.. _tracks.Where(t => IsPausedForLong(nowTicks, t)).Select(t => t.Source!)];
            _isPausedChanged = true;
        }
    }

    private static bool IsPausedForLong(long nowTicks, DownTrack track) => track is { PausedSinceTicks: { } since, Source: { IsMuted: false }, View.IsHidden: false } && nowTicks - since >= PausedTicks;

    private void AllocateSoon()
    {
        _allocation.RunSoon();
        _peer.WakeAt(0);
    }

    private void OnArrivals(long nowTicks, in FeedbackMessage feedback)
    {
        _egress.Bandwidth.OnFeedback(nowTicks, feedback);
        _peer.WakeAt(nowTicks);
    }

    private void OnEstimate(long nowTicks, long bitsPerSecond)
    {
        _egress.Bandwidth.OnReceiverEstimate(nowTicks, bitsPerSecond);
        _peer.WakeAt(nowTicks);
    }

    private void OnFeedback(long nowTicks, in FeedbackMessage feedback, ref int nacks, ref int keyFrames)
    {
        if (feedback is { Type: RtcpPacketType.TransportFeedback, Format: RtcpFeedbackFormat.TransportWideCongestion })
        {
            OnArrivals(nowTicks, feedback);
        }
        else if (ReceiverEstimate.TryRead(feedback, out var bitsPerSecond))
        {
            OnEstimate(nowTicks, bitsPerSecond);
        }
        else if (feedback.IsPictureLoss)
        {
            RequestKeyFrame(feedback.MediaSsrc, ref keyFrames);
        }
        else if (feedback.IsFullIntraRequest)
        {
            foreach (var ssrc in feedback.FullIntraRequests)
            {
                RequestKeyFrame(ssrc, ref keyFrames);
            }
        }
        else if (feedback.IsNack && Find(feedback.MediaSsrc) is { } track)
        {
            foreach (var sequence in feedback.NackedSequenceNumbers)
            {
                if (nacks++ == MaxNacksPerCompound)
                {
                    return;
                }

                track.Resend(nowTicks, sequence);
            }
        }
    }

    /// <summary>Returns a reference time at once, so that the client knows the round trip (RFC 3611 §4.5). The sender is the stream that the client reports about in the same packet.</summary>
    private void AnswerReferenceTime(long nowTicks, DownTrack? reported, uint receiver, uint reference)
    {
        if (nowTicks - _lastReferenceTicks < ReferenceTicks || (reported ?? _tracks.FirstOrDefault()) is not { } track)
        {
            return;
        }

        _lastReferenceTicks = nowTicks;
        Span<byte> buffer = stackalloc byte[64];
        var writer = new RtcpWriter(buffer);
        writer.AddReceiverReport(track.Options.Ssrc);
        writer.AddReferenceReply(track.Options.Ssrc, receiver, reference);
        _peer.SendRtcp(writer.Written);
    }

    private void RequestKeyFrame(uint ssrc, ref int keyFrames)
    {
        if (keyFrames++ < MaxKeyFramesPerCompound)
        {
            Find(ssrc)?.OnPictureLoss();
        }
    }

    private void SetTracks(DownTrack[] tracks) => (_tracks, _bySsrc) = (tracks, null);

    /// <summary>Of two tracks with one SSRC, the first one counts.</summary>
    private Dictionary<uint, DownTrack> IndexBySsrc()
    {
        var index = new Dictionary<uint, DownTrack>(_tracks.Length);
        foreach (var track in _tracks)
        {
            index.TryAdd(track.Options.Ssrc, track);
        }

        return index;
    }

    private DownTrack? Find(uint ssrc)
    {
        if (_tracks.Length > MaxSearched)
        {
            return (_bySsrc ??= IndexBySsrc()).GetValueOrDefault(ssrc);
        }

        foreach (var track in _tracks)
        {
            if (track.Options.Ssrc == ssrc)
            {
                return track;
            }
        }

        return null;
    }
}
