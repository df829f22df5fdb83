using MeetOperator.Rtp.Packets;
using MeetOperator.Sfu.Forwarding;
using MeetOperator.Sfu.Layers;

namespace MeetOperator.Sfu.Tracks;

/// <summary>
/// One track from a client (client → server), and the down tracks that forward it to subscribers. Its identity is the participant and the source, not the connection
/// that carries it now. What belongs to an SSRC is in its layers.
/// </summary>
public sealed class UpTrack
{
    /// <summary>Minimum time between two forwarded reports. Each report goes to every subscriber; browsers report at most once per second.</summary>
    private const long ReportTicks = 100 * TimeSpan.TicksPerMillisecond;
    private readonly UpLayer[] _layers;
    private readonly HeaderTemplate _template = new();
    private HeaderTemplate? _resendTemplate;
    private DownTrack[] _downTracks = [];
    private AudioLevelMeter _level;
    private long _nextReportTicks = long.MinValue;

    /// <param name="options">The negotiated parameters.</param>
    /// <param name="participantId">The participant that publishes the track.</param>
    /// <param name="source">What the track carries.</param>
    /// <param name="trackId">The track ID in SDP.</param>
    /// <param name="budget">Memory budget for retransmissions; null for no limit.</param>
    public UpTrack(UpTrackOptions options, string participantId, TrackSource source, string trackId, RetransmissionBudget? budget = null)
    {
        ArgumentNullException.ThrowIfNull(options);
        Options = options;
        ParticipantId = participantId;
        Source = source;
        TrackId = trackId;
        _layers = [new UpLayer(options.ToLayer(), budget)];
    }

    public UpTrackOptions Options { get; private set; }

    public string ParticipantId { get; }

    public TrackSource Source { get; }

    public string TrackId { get; }

    public bool IsMuted { get; private set; }

    /// <summary>Whether the publisher removed the track. A closed track accepts no down tracks.</summary>
    public bool IsClosed { get; private set; }

    public long ReceivedPackets => _layers.Sum(l => l.ReceivedPackets);

    public long ReceivedBytes => _layers.Sum(l => l.ReceivedBytes);

    public long ForwardedPackets { get; private set; }

    /// <summary>Loudness of a microphone from 0 to 127.</summary>
    public int AudioLevel => _level.Level;

    /// <summary>A snapshot of the down tracks. The array is replaced instead of changed, so that forwarding can iterate without a lock.</summary>
    public IReadOnlyList<DownTrack> DownTracks => _downTracks;

    /// <summary>The layers, today one.</summary>
    internal ReadOnlySpan<UpLayer> Layers => _layers;

    internal HeaderTemplate ResendTemplate => _resendTemplate ??= new HeaderTemplate();

    public void Attach(DownTrack downTrack)
    {
        ArgumentNullException.ThrowIfNull(downTrack);
        downTrack.Source?.Detach(downTrack);
        downTrack.Pause();
        downTrack.Source = this;
        _downTracks = [.. _downTracks, downTrack];
        if (downTrack.IsReady)
        {
            RequestKeyFrame(urgent: true);
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
        foreach (var layer in _layers)
        {
            layer.Close();
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
            RequestKeyFrame(urgent: true);
        }
    }

    /// <summary>Ends an interval of the loudness measurement. Call this about every 250 ms.</summary>
    public void UpdateAudioLevel() => _level.Update();

    /// <summary>Applies the SSRC, payload types and extension IDs of a renegotiation.</summary>
    internal void Renegotiate(UpTrackOptions options)
    {
        Options = options;
        if (_layers[0].Renegotiate(options.ToLayer()))
        {
            ResetDownTracks();
        }
    }

    /// <summary>Continues the track on another connection. The down tracks stay attached. They continue with the next key frame, or for audio the next packet.</summary>
    internal void Reconnect(UpTrackOptions options)
    {
        Options = options;
        foreach (var layer in _layers)
        {
            layer.Reconnect(options.ToLayer());
        }

        ResetDownTracks();
    }

    /// <summary>Assigns the SSRC of a received packet to a layer. False while the current SSRC must not be replaced.</summary>
    /// <param name="nowTicks">Arrival time.</param>
    /// <param name="ssrc">The SSRC of the packet, which belongs to no track.</param>
    /// <param name="hasMid">Whether the packet has the MID of the track.</param>
    internal bool TryAssignSsrc(long nowTicks, uint ssrc, bool hasMid)
    {
        var isAssigned = _layers[0].TryAssignSsrc(nowTicks, ssrc, hasMid, out var isRestarted);
        if (isRestarted)
        {
            ResetDownTracks();
        }

        return isAssigned;
    }

    /// <summary>Like <see cref="TryAssignSsrc"/>, for the RTX SSRC.</summary>
    internal bool TryAssignRtxSsrc(long nowTicks, uint ssrc, bool hasMid) => _layers[0].TryAssignRtxSsrc(nowTicks, ssrc, hasMid);

    internal bool HasLayer(UpLayer layer) => Array.IndexOf(_layers, layer) >= 0;

    internal void RequestKeyFrame(bool urgent)
    {
        foreach (var layer in _layers)
        {
            layer.RequestKeyFrame(urgent);
        }
    }

    /// <summary>Returns true when a key frame of <paramref name="layer"/> must be requested now. A track that nobody receives needs none.</summary>
    internal bool TryTakeKeyFrameRequest(long nowTicks, UpLayer layer) => !IsMuted && _downTracks.Length > 0 && layer.TryTakeKeyFrameRequest(nowTicks);

    internal void OnAudioLevel(byte value) => _level.OnPacket(value);

    internal void OnSenderReport(long nowTicks, UpLayer layer, ulong ntp, uint timestamp)
    {
        layer.OnSenderReport(nowTicks, ntp, timestamp);
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

    /// <summary>Processes one unencrypted packet of a layer and forwards it to every down track.</summary>
    /// <param name="nowTicks">Arrival time.</param>
    /// <param name="layer">The layer of this track with the packet's SSRC.</param>
    /// <param name="data">The packet.</param>
    /// <param name="header">The header of the packet.</param>
    /// <param name="retransmitted">Whether the packet was restored from RTX.</param>
    internal void Receive(long nowTicks, UpLayer layer, ReadOnlySpan<byte> data, in RtpHeader header, bool retransmitted)
    {
        if (!layer.TryReceive(nowTicks, data, header, retransmitted, out var sequence, out var startsKeyFrame) || IsMuted)
        {
            return;
        }

        var packet = new ForwardedPacket
        {
            Source = this,
            Layer = layer,
            Data = data,
            Header = header,
            Payload = data[header.Length..],
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

    private void ResetDownTracks()
    {
        foreach (var downTrack in _downTracks)
        {
            downTrack.ResetSource();
        }
    }
}
