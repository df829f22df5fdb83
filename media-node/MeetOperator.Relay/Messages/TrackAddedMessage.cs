using System.Diagnostics.CodeAnalysis;

namespace MeetOperator.Relay.Messages;

/// <summary>Announces a track that the sender carries, or changes what an earlier message said about it.</summary>
public sealed record TrackAddedMessage
{
    private const int MaximumOriginBytes = 320;
    private const int MaximumParticipantBytes = 128;
    private const int MaximumCodecBytes = 32;
    private const int MaximumFormatBytes = 255;
    private const int MaximumRidBytes = 16;
    private const byte MaximumPayloadType = 127;
    private const byte None = 0xFF;
    private const byte MutedFlag = 1;
    private const byte EncryptedFlag = 2;
    private const byte LevelFlag = 4;

    /// <summary>The number that the carrier gives the track. It is not used for another track in the channel.</summary>
    public required uint Track { get; init; }

    /// <summary>Counts the sessions in which the participant has published the track, over all media nodes. The highest one carries it.</summary>
    public required uint Carriage { get; init; }

    /// <summary>The number of links from the publisher's media node, at least 1.</summary>
    public required byte Hops { get; init; }

    /// <summary>The media node of the publisher: "namespace/name".</summary>
    public required string Origin { get; init; }

    /// <summary>The generation of the assignment of that media node.</summary>
    public required ulong OriginGeneration { get; init; }

    public required string ParticipantId { get; init; }

    public required LinkTrackSource Source { get; init; }

    public bool IsMuted { get; init; }

    /// <summary>Whether the frames are encrypted end to end.</summary>
    public bool IsEncrypted { get; init; }

    /// <summary>Whether the packets have the audio level (RFC 6464).</summary>
    public bool HasLevel { get; init; }

    public required RelayedCodec Codec { get; init; }

    /// <summary>The layers from the lowest quality to the highest; 1 to 8.</summary>
    public required IReadOnlyList<RelayedLayer> Layers { get; init; }

    /// <summary>Reads a message; null and false when it is malformed.</summary>
    public static bool TryRead(ReadOnlySpan<byte> bytes, [NotNullWhen(true)] out TrackAddedMessage? message)
    {
        var reader = new LinkMessageReader(bytes, LinkMessageType.TrackAdded);
        var track = reader.ReadUInt32();
        var carriage = reader.ReadUInt32();
        var hops = reader.ReadByte();
        reader.Require(hops > 0);
        var origin = reader.ReadAscii(1, MaximumOriginBytes);
        var generation = reader.ReadUInt64();
        var participant = reader.ReadText(1, MaximumParticipantBytes);
        var source = (LinkTrackSource)reader.ReadByte((int)LinkTrackSource.ScreenAudio);
        var flags = reader.ReadByte(MutedFlag | EncryptedFlag | LevelFlag);
        var codec = ReadCodec(ref reader);
        var layers = ReadLayers(ref reader);
        message = !reader.TryEnd() ? null : new TrackAddedMessage
        {
            Track = track,
            Carriage = carriage,
            Hops = hops,
            Origin = origin,
            OriginGeneration = generation,
            ParticipantId = participant,
            Source = source,
            IsMuted = (flags & MutedFlag) != 0,
            IsEncrypted = (flags & EncryptedFlag) != 0,
            HasLevel = (flags & LevelFlag) != 0,
            Codec = codec,
            Layers = layers,
        };
        return message is not null;
    }

    /// <summary>Returns the length, or 0 when it does not fit.</summary>
    /// <exception cref="ArgumentException">A value that a reader would refuse. The parameter name is the field.</exception>
    public int Write(Span<byte> destination)
    {
        var writer = new LinkMessageWriter(destination, LinkMessageType.TrackAdded);
        writer.WriteUInt32(Track);
        writer.WriteUInt32(Carriage);
        LinkMessageWriter.Require(Hops > 0, nameof(Hops), "be at least 1");
        writer.WriteByte(Hops);
        writer.WriteAscii(Origin, 1, MaximumOriginBytes, nameof(Origin));
        writer.WriteUInt64(OriginGeneration);
        writer.WriteText(ParticipantId, 1, MaximumParticipantBytes, nameof(ParticipantId));
        writer.WriteByte((int)Source, (int)LinkTrackSource.ScreenAudio, nameof(Source));
        writer.WriteByte((byte)((IsMuted ? MutedFlag : 0) | (IsEncrypted ? EncryptedFlag : 0) | (HasLevel ? LevelFlag : 0)));
        WriteCodec(ref writer);
        writer.WriteCount(Layers.Count, 1, LinkMessage.MaximumLayers, nameof(Layers));
        foreach (var layer in Layers)
        {
            writer.WriteAscii(layer.Rid, 0, MaximumRidBytes, nameof(layer.Rid));
            LinkMessageWriter.Require(layer.Ssrc != 0, nameof(layer.Ssrc), "not be 0");
            writer.WriteUInt32(layer.Ssrc);
            LinkMessageWriter.Require(layer.RtxSsrc != 0, nameof(layer.RtxSsrc), "be null or not 0");
            writer.WriteUInt32(layer.RtxSsrc ?? 0);
        }

        return writer.Length;
    }

    private void WriteCodec(ref LinkMessageWriter writer)
    {
        writer.WriteAscii(Codec.Name, 1, MaximumCodecBytes, nameof(Codec.Name));
        LinkMessageWriter.Require(Codec.ClockRate > 0, nameof(Codec.ClockRate), "not be 0");
        writer.WriteUInt32(Codec.ClockRate);
        writer.WriteByte(Codec.Channels);
        writer.WriteByte(Codec.PayloadType, MaximumPayloadType, nameof(Codec.PayloadType));
        WriteOptionalPayloadType(ref writer, Codec.RtxPayloadType, nameof(Codec.RtxPayloadType));
        WriteOptionalPayloadType(ref writer, Codec.RedPayloadType, nameof(Codec.RedPayloadType));
        writer.WriteAscii(Codec.FormatParameters, 0, MaximumFormatBytes, nameof(Codec.FormatParameters));
    }

    private static void WriteOptionalPayloadType(ref LinkMessageWriter writer, byte? value, string field)
    {
        LinkMessageWriter.Require(value is null or <= MaximumPayloadType, field, $"be null or at most {MaximumPayloadType}");
        writer.WriteByte(value ?? None);
    }

    private static RelayedCodec ReadCodec(ref LinkMessageReader reader)
    {
        var codec = new RelayedCodec
        {
            Name = reader.ReadAscii(1, MaximumCodecBytes),
            ClockRate = reader.ReadUInt32(),
            Channels = reader.ReadByte(),
            PayloadType = reader.ReadByte(MaximumPayloadType),
            RtxPayloadType = ReadOptionalPayloadType(ref reader),
            RedPayloadType = ReadOptionalPayloadType(ref reader),
            FormatParameters = reader.ReadAscii(0, MaximumFormatBytes),
        };
        reader.Require(codec.ClockRate > 0);
        return codec;
    }

    private static byte? ReadOptionalPayloadType(ref LinkMessageReader reader)
    {
        var value = reader.ReadByte();
        reader.Require(value is <= MaximumPayloadType or None);
        return value == None ? null : value;
    }

    private static RelayedLayer[] ReadLayers(ref LinkMessageReader reader)
    {
        var layers = new RelayedLayer[reader.ReadCount(1, LinkMessage.MaximumLayers)];
        for (var i = 0; i < layers.Length; i++)
        {
            var rid = reader.ReadAscii(0, MaximumRidBytes);
            var ssrc = reader.ReadUInt32();
            var rtx = reader.ReadUInt32();
            reader.Require(ssrc > 0);
            layers[i] = new RelayedLayer(rid, ssrc, rtx == 0 ? null : rtx);
        }

        return layers;
    }
}
