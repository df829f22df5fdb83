namespace MeetOperator.Relay.Messages;

/// <summary>Says which layers of a track exist now, so that the other end can demand one that has never crossed the link.</summary>
public sealed record TrackLayersMessage
{
    /// <summary>The number that the carrier gave the track.</summary>
    public required uint Track { get; init; }

    /// <summary>The layers in the order of <see cref="TrackAddedMessage.Layers"/>; 1 to 8.</summary>
    public required IReadOnlyList<RelayedLayerState> Layers { get; init; }

    /// <summary>Replaces a waiting message about the same track.</summary>
    public ulong Key => LinkMessage.KeyOf(LinkMessageType.TrackLayers, Track);

    /// <summary>Reads a message; null and false when it is malformed.</summary>
    public static bool TryRead(ReadOnlySpan<byte> bytes, [System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out TrackLayersMessage? message)
    {
        var reader = new LinkMessageReader(bytes, LinkMessageType.TrackLayers);
        var track = reader.ReadUInt32();
        var layers = new RelayedLayerState[reader.ReadCount(1, LinkMessage.MaximumLayers)];
        for (var i = 0; i < layers.Length; i++)
        {
            layers[i] = new RelayedLayerState(reader.ReadBoolean(), reader.ReadUInt16(), reader.ReadUInt16(), reader.ReadUInt32(), reader.ReadUInt32());
        }

        message = reader.TryEnd() ? new TrackLayersMessage { Track = track, Layers = layers } : null;
        return message is not null;
    }

    /// <summary>Returns the length, or 0 when it does not fit.</summary>
    /// <exception cref="ArgumentException">A value that a reader would refuse. The parameter name is the field.</exception>
    public int Write(Span<byte> destination)
    {
        var writer = new LinkMessageWriter(destination, LinkMessageType.TrackLayers);
        writer.WriteUInt32(Track);
        writer.WriteCount(Layers.Count, 1, LinkMessage.MaximumLayers, nameof(Layers));
        foreach (var layer in Layers)
        {
            writer.WriteBoolean(layer.IsAvailable);
            writer.WriteUInt16(layer.Width);
            writer.WriteUInt16(layer.Height);
            writer.WriteUInt32(layer.KilobitsPerSecond);
            writer.WriteUInt32(layer.Targets);
        }

        return writer.Length;
    }
}
