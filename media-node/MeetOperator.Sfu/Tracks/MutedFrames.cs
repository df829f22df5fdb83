using MeetOperator.Rtp.Codecs;

namespace MeetOperator.Sfu.Tracks;

/// <summary>Tells for how long after a mute the packets of a track can repeat frames (RFC 2198) from the time in which it was muted. Receivers must not get those.</summary>
internal struct MutedFrames
{
    /// <summary>Whether the track was muted or unmuted since the last packet.</summary>
    private bool _wasMuted;

    /// <summary>Until this timestamp, packets can repeat such frames; null if they cannot.</summary>
    private uint? _untilTimestamp;

    /// <summary>Whether the current packet can repeat a frame from the time in which the track was muted.</summary>
    public readonly bool CanRepeat => _untilTimestamp is not null;

    /// <summary>The track was muted or unmuted.</summary>
    public void OnMute() => _wasMuted = true;

    /// <summary>A packet arrived while the track is not muted.</summary>
    public void OnPacket(uint timestamp)
    {
        if (_wasMuted)
        {
            (_wasMuted, _untilTimestamp) = (false, timestamp + RedPayload.MaxTimestampOffset);
        }
        else if (_untilTimestamp is { } until && (int)(timestamp - until) > 0)
        {
            _untilTimestamp = null;
        }
    }
}
