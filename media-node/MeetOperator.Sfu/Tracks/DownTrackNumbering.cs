using MeetOperator.Sfu.Forwarding;
using MeetOperator.Sfu.Layers;

namespace MeetOperator.Sfu.Tracks;

/// <summary>The numbers of the stream of one down track, which continue over all layers and sources that are sent on it. Used by one loop.</summary>
internal sealed class DownTrackNumbering
{
    private RtpMunger _munger;

    /// <summary>The layer that was forwarded last, also while paused; null when the next packet has unrelated numbers.</summary>
    private UpLayer? _layer;

    /// <summary>The source of the packets that <see cref="Munger"/> can find; null for none.</summary>
    public UpTrack? Source { get; private set; }

    public ref RtpMunger Munger => ref _munger;

    /// <summary>Continues the stream with a packet of any layer and source.</summary>
    /// <param name="nowTicks">The time.</param>
    /// <param name="packet">The first packet to send.</param>
    /// <param name="firstSequenceNumber">The first sequence number of the stream; ignored once a packet was sent.</param>
    public void Continue(long nowTicks, in ForwardedPacket packet, ushort firstSequenceNumber)
    {
        var (layer, clockRate) = (packet.Source.IndexOf(packet.Layer), packet.Source.Options.ClockRate);
        if (ReferenceEquals(_layer, packet.Layer))
        {
            _munger.Resume(layer, packet.Numbers, firstSequenceNumber);
        }
        else if (ReferenceEquals(Source, packet.Source))
        {
            var clockOffset = _layer is { } previous ? packet.Layer.ClockOffsetFrom(previous, clockRate) : null;
            _munger.Switch(layer, packet.Numbers, firstSequenceNumber, nowTicks, clockRate, clockOffset);
        }
        else
        {
            _munger.Replace(layer, packet.Numbers, firstSequenceNumber, nowTicks, clockRate);
        }

        (_layer, Source) = (packet.Layer, packet.Source);
    }

    /// <summary>Forgets the source, which may restart its numbering.</summary>
    public void Forget() => (_layer, Source) = (null, null);

    /// <summary>Forgets the packets of a layer that restarts with a new numbering. Returns true when it was forwarded last.</summary>
    public bool TryForget(UpLayer layer)
    {
        var isLast = ReferenceEquals(layer, _layer);
        _layer = isLast ? null : _layer;
        if (Source is { } source)
        {
            _munger.Forget(source.IndexOf(layer));
        }

        return isLast;
    }

    /// <summary>The payload with the picture numbers of this stream. Other subscribers share the original, so it is copied when it changes.</summary>
    public static ReadOnlySpan<byte> Renumber(UpTrack source, ReadOnlySpan<byte> payload, in SourceNumbers numbers, in NumberOffsets offsets)
    {
        if (numbers.Picture.IsEmpty || !offsets.ChangePicture)
        {
            return payload;
        }

        var copy = source.CopyPayload(payload);
        offsets.WritePicture(numbers, copy);
        return copy;
    }
}
