using MeetOperator.Rtp.Packets;
using MeetOperator.Sfu.Forwarding;

namespace MeetOperator.Sfu.Tracks;

/// <summary>One track that a client sends (client → server), and the subscribers that get it.</summary>
public sealed class UpTrack
{
    private readonly HeaderTemplate _template = new();
    private DownTrack[] _downTracks = [];
    private ExtendedSequenceNumber _sequence;
    private KeyFrameRequestThrottle _keyFrames;

    public UpTrack(UpTrackOptions options, string participantId, string trackId)
    {
        Options = options;
        ParticipantId = participantId;
        TrackId = trackId;
        Ssrc = options.Ssrc;
        RtxSsrc = options.RtxSsrc;
    }

    public UpTrackOptions Options { get; private set; }

    public string ParticipantId { get; }

    public string TrackId { get; }

    /// <summary>Known from the offer or learnt from the first packet.</summary>
    public uint? Ssrc { get; internal set; }

    public uint? RtxSsrc { get; internal set; }

    public bool IsMuted { get; private set; }

    /// <summary>The publisher took the track away; nothing can be attached any more.</summary>
    public bool IsClosed { get; private set; }

    public long ReceivedPackets { get; private set; }

    public long ReceivedBytes { get; private set; }

    public long ForwardedPackets { get; private set; }

    /// <summary>A snapshot; replaced, never changed, so that forwarding iterates without a lock.</summary>
    public IReadOnlyList<DownTrack> DownTracks => _downTracks;

    public void Attach(DownTrack downTrack)
    {
        ArgumentNullException.ThrowIfNull(downTrack);
        downTrack.Source?.Detach(downTrack);
        downTrack.Pause();
        downTrack.Source = this;
        _downTracks = [.. _downTracks, downTrack];
        _keyFrames.Want(urgent: true);
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
            downTrack.Source = null;
        }

        _downTracks = [];
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

    /// <summary>The publisher renegotiated: payload types or extension ids may be others now.</summary>
    internal void Renegotiate(UpTrackOptions options)
    {
        if (options.Ssrc is { } announced && announced != Ssrc)
        {
            (Ssrc, RtxSsrc) = (announced, options.RtxSsrc);
            Restart();
        }

        Options = options;
    }

    internal void WantKeyFrame(bool urgent) => _keyFrames.Want(urgent);

    internal bool ShouldAskKeyFrame(long nowTicks) =>
        Options.Kind == MediaKind.Video && !IsMuted && Ssrc is not null && _downTracks.Length > 0 && _keyFrames.ShouldAsk(nowTicks);

    /// <summary>Takes one plaintext packet of the track's own SSRC and sends it to every subscriber.</summary>
    internal void Receive(long nowTicks, ReadOnlySpan<byte> data, in RtpHeader header)
    {
        ReceivedPackets++;
        ReceivedBytes += data.Length;
        var sequence = _sequence.Unwrap(header.SequenceNumber);
        var payload = data[header.Length..];
        if (payload.IsEmpty)
        {
            return;
        }

        var startsKeyFrame = Options.Kind == MediaKind.Video && KeyFrameDetector.StartsKeyFrame(Options.Codec, payload);
        if (startsKeyFrame)
        {
            _keyFrames.KeyFrameSeen();
        }

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
        foreach (var downTrack in downTracks)
        {
            downTrack.Forward(nowTicks, packet, _template);
        }
    }

    private void Restart()
    {
        _sequence = default;
        foreach (var downTrack in _downTracks)
        {
            downTrack.Pause();
        }
    }
}
