using MeetOperator.Rtp.HeaderExtensions;
using MeetOperator.Rtp.Packets;
using MeetOperator.Sfu.Tracks;

namespace MeetOperator.Sfu.Peers;

/// <summary>The sending side of one peer connection: knows which track each packet belongs to and tells the client how it arrives.</summary>
public sealed class Publisher
{
    private readonly IPeerEgress _egress;
    private UpTrack[] _tracks = [];
    private Stream[] _streams = [];

    public Publisher(string participantId, IPeerEgress egress)
    {
        ParticipantId = participantId;
        _egress = egress;
    }

    public string ParticipantId { get; }

    public IReadOnlyList<UpTrack> Tracks => _tracks;

    /// <summary>Packets whose SSRC, mid and payload type name no track.</summary>
    public long UnknownPackets { get; private set; }

    public void Add(UpTrack track)
    {
        _tracks = [.. _tracks, track];
        RebuildStreams();
    }

    public void Remove(UpTrack track)
    {
        _tracks = [.. _tracks.Where(t => t != track)];
        RebuildStreams();
    }

    public void Renegotiate(UpTrack track, UpTrackOptions options)
    {
        track.Renegotiate(options);
        RebuildStreams();
    }

    /// <summary>Takes one plaintext RTP packet; the buffer may be changed.</summary>
    public void OnRtp(long nowTicks, Span<byte> packet)
    {
        if (!RtpPacket.TryParse(packet, out var parsed))
        {
            UnknownPackets++;
            return;
        }

        var header = parsed.Header;
        if (!TryFind(header.Ssrc, out var stream) && !TryLearn(parsed, out stream))
        {
            UnknownPackets++;
            return;
        }

        if (!stream.IsRetransmission)
        {
            stream.Track.Receive(nowTicks, packet, header);
        }
    }

    private bool TryFind(uint ssrc, out Stream stream)
    {
        foreach (var known in _streams)
        {
            if (known.Ssrc == ssrc)
            {
                stream = known;
                return true;
            }
        }

        stream = default;
        return false;
    }

    /// <summary>An SSRC that the SDP did not name: the mid extension says which section it is, else a payload type that only one section uses.</summary>
    private bool TryLearn(in RtpPacket packet, out Stream stream)
    {
        stream = default;
        var header = packet.Header;
        var track = ByMid(packet) ?? ByPayloadType(header.PayloadType);
        if (track is null)
        {
            return false;
        }

        if (header.PayloadType == track.Options.PayloadType)
        {
            track.Ssrc = header.Ssrc;
        }
        else if (header.PayloadType == track.Options.RtxPayloadType)
        {
            track.RtxSsrc = header.Ssrc;
        }
        else
        {
            return false;
        }

        RebuildStreams();
        return TryFind(header.Ssrc, out stream);
    }

    private UpTrack? ByMid(in RtpPacket packet)
    {
        foreach (var track in _tracks)
        {
            var id = track.Options.Extensions.IdOf(HeaderExtensionKind.Mid);
            foreach (var element in packet.Extensions)
            {
                if (id != 0 && element.Id == id && SameText(packet.Data.Slice(element.Offset, element.Length), track.Options.Mid))
                {
                    return track;
                }
            }
        }

        return null;
    }

    private UpTrack? ByPayloadType(byte payloadType)
    {
        UpTrack? found = null;
        foreach (var track in _tracks)
        {
            if (track.Options.PayloadType == payloadType || track.Options.RtxPayloadType == payloadType)
            {
                if (found is not null)
                {
                    return null;
                }

                found = track;
            }
        }

        return found;
    }

    private static bool SameText(ReadOnlySpan<byte> ascii, string text)
    {
        if (ascii.Length != text.Length)
        {
            return false;
        }

        for (var i = 0; i < text.Length; i++)
        {
            if (ascii[i] != text[i])
            {
                return false;
            }
        }

        return true;
    }

    private void RebuildStreams()
    {
        var streams = new List<Stream>();
        foreach (var track in _tracks)
        {
            if (track.Ssrc is { } ssrc)
            {
                streams.Add(new Stream(ssrc, track, false));
            }

            if (track.RtxSsrc is { } rtx)
            {
                streams.Add(new Stream(rtx, track, true));
            }
        }

        _streams = [.. streams];
    }

    private readonly record struct Stream(uint Ssrc, UpTrack Track, bool IsRetransmission);
}
