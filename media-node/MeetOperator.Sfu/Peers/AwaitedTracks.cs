using MeetOperator.Rtp.HeaderExtensions;
using MeetOperator.Rtp.Packets;
using MeetOperator.Sfu.Layers;
using MeetOperator.Sfu.Tracks;

namespace MeetOperator.Sfu.Peers;

/// <summary>
/// The tracks that a connection has negotiated while another connection of the participant still carries them. Finds the packets with which they can start here, and tells which key
/// frames must be requested because their first packet was lost. Used by one loop.
/// </summary>
internal sealed class AwaitedTracks
{
    private Entry[] _entries = [];

    public bool IsEmpty => _entries.Length == 0;

    /// <summary>Replaces the tracks. Those that were awaited before keep their requests.</summary>
    public void Set(IReadOnlyList<UpTrackOptions> tracks)
    {
        // A link may await hundreds of tracks.
        var former = new Dictionary<object, Entry>(_entries.Length, ReferenceEqualityComparer.Instance);
        foreach (var entry in _entries)
        {
            former[entry.Options] = entry;
        }

        _entries = [.. tracks.Select(options => former.GetValueOrDefault(options) ?? new Entry(options))];
    }

    /// <summary>Whether a packet belongs to an awaited track.</summary>
    /// <param name="packet">A packet whose SSRC belongs to no track that the connection carries.</param>
    /// <param name="tracks">The tracks that the connection carries.</param>
    public bool Contains(in RtpPacket packet, UpTrack[] tracks) => Find(packet, tracks) is not null;

    /// <summary>The track that a packet starts: any packet of audio, or the first one of a key frame. Null for other packets.</summary>
    /// <inheritdoc cref="Contains"/>
    public UpTrackOptions? FindStart(in RtpPacket packet, UpTrack[] tracks) => Find(packet, tracks) is { } entry && IsStart(packet, entry.Options) ? entry.Options : null;

    /// <summary>Records a packet that does not start its track. Its SSRC is needed to request a key frame.</summary>
    /// <inheritdoc cref="Contains"/>
    public void OnPacket(in RtpPacket packet, UpTrack[] tracks)
    {
        if (Find(packet, tracks) is { } entry && SsrcResolver.IsMedia(packet.Header.PayloadType, entry.Options) && !packet.Payload.IsEmpty)
        {
            entry.OnPacket(packet.Header.Ssrc);
        }
    }

    /// <summary>Takes the next key frame request that is due, with the SSRC that it is for. False when there is none.</summary>
    public bool TryTakeKeyFrameRequest(long nowTicks, out uint ssrc)
    {
        foreach (var entry in _entries)
        {
            if (entry.TryTakeRequest(nowTicks, out ssrc))
            {
                return true;
            }
        }

        ssrc = 0;
        return false;
    }

    private static bool IsStart(in RtpPacket packet, UpTrackOptions options)
    {
        if (!SsrcResolver.IsMedia(packet.Header.PayloadType, options) || packet.Payload.IsEmpty)
        {
            return false;
        }

        if (options.Kind == MediaKind.Audio)
        {
            return true;
        }

        ReadOnlySpan<byte> descriptor = [];
        foreach (var element in packet.Extensions)
        {
            if (options.Extensions.KindOf(element.Id) == HeaderExtensionKind.DependencyDescriptor)
            {
                descriptor = packet.Data.Slice(element.Offset, element.Length);
                break;
            }
        }

        return options.Format.StartsKeyFrame(descriptor, packet.Payload);
    }

    private Entry? Find(in RtpPacket packet, UpTrack[] tracks)
    {
        var hasMid = false;
        foreach (var entry in _entries)
        {
            if (entry.HasSsrc(packet.Header.Ssrc) || SsrcResolver.HasMidOf(packet, entry.Options, ref hasMid))
            {
                return entry;
            }
        }

        return hasMid ? null : FindByPayloadType(packet.Header.PayloadType, tracks);
    }

    /// <summary>The only track with a payload type; null when there are several.</summary>
    private Entry? FindByPayloadType(byte payloadType, UpTrack[] tracks)
    {
        if (Array.Exists(tracks, track => SsrcResolver.HasPayloadType(payloadType, track.Options)))
        {
            return null;
        }

        var found = Array.FindAll(_entries, entry => !entry.Options.IsRelayed && SsrcResolver.HasPayloadType(payloadType, entry.Options));
        return found is [var only] ? only : null;
    }

    private sealed class Entry(UpTrackOptions options)
    {
        private KeyFrameRequestThrottle _keyFrames;
        private long _packets;
        private uint _ssrc;

        public UpTrackOptions Options => options;

        public bool HasSsrc(uint ssrc) => options.Layers.Any(layer => layer.Ssrc == ssrc || layer.RtxSsrc == ssrc);

        public void OnPacket(uint ssrc)
        {
            (_ssrc, _packets) = (ssrc, _packets + 1);
            if (options.Kind == MediaKind.Video && !_keyFrames.IsPending)
            {
                _keyFrames.Request(urgent: true);
            }
        }

        public bool TryTakeRequest(long nowTicks, out uint ssrc)
        {
            ssrc = _ssrc;
            return _keyFrames.TryTakeRequest(nowTicks, _packets);
        }
    }
}
