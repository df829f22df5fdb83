using MeetOperator.MediaNode.Negotiation;
using MeetOperator.MediaNode.Tracks;
using MeetOperator.Relay.Messages;
using MeetOperator.Rtp.Codecs;
using MeetOperator.Rtp.HeaderExtensions;
using MeetOperator.Sdp;
using MeetOperator.Sfu.Layers;
using MeetOperator.Sfu.Tracks;

namespace MeetOperator.MediaNode.Links;

/// <summary>The payload types and header extension IDs of version 1 of a link (docs/relay.md, "Media"). Pure, apart from random first sequence numbers.</summary>
internal static class LinkFormats
{
    private const string Nack = "nack";
    private const int MaxParameterLength = 12;

    /// <summary>The format parameters that other media nodes need, to describe the codec to their subscribers.</summary>
    private static readonly string[] Parameters =
        ["minptime", "useinbandfec", "stereo", "sprop-stereo", "profile-id", "profile", "level-idx", "tier", "level-asymmetry-allowed", "packetization-mode", "profile-level-id"];

    private static readonly Dictionary<string, Format> Formats = new(StringComparer.OrdinalIgnoreCase)
    {
        ["opus"] = new(MediaKind.Audio, VideoCodec.Unknown, 48000, 111, null, 63),
        ["VP8"] = new(MediaKind.Video, VideoCodec.Vp8, 90000, 96, 97, null),
        ["VP9"] = new(MediaKind.Video, VideoCodec.Vp9, 90000, 98, 99, null),
        ["AV1"] = new(MediaKind.Video, VideoCodec.Av1, 90000, 45, 46, null),
        ["H264"] = new(MediaKind.Video, VideoCodec.H264, 90000, 102, 103, null),
    };

    private static readonly HeaderExtensionMap UnmeasuredAudio = HeaderExtensionMap.Empty;

    private static readonly HeaderExtensionMap Audio = HeaderExtensionMap.Empty.With(HeaderExtensionKind.AudioLevel, 1);

    private static readonly HeaderExtensionMap Video = HeaderExtensionMap.Empty
        .With(HeaderExtensionKind.VideoOrientation, 2)
        .With(HeaderExtensionKind.PlayoutDelay, 3)
        .With(HeaderExtensionKind.DependencyDescriptor, 4)
        .With(HeaderExtensionKind.VideoContentType, 6)
        .With(HeaderExtensionKind.ColorSpace, 7);

    /// <summary>The codec of a track as it is on a link; null for a codec that links do not carry.</summary>
    public static RelayedCodec? CodecOf(PublishedTrack track) => !Formats.TryGetValue(track.Codec.Name, out var format) ? null : new RelayedCodec
    {
        Name = track.Codec.Name,
        ClockRate = (uint)format.ClockRate,
        Channels = (byte)(format.Kind == MediaKind.Audio ? track.Codec.Channels : 0),
        PayloadType = format.PayloadType,
        RtxPayloadType = format.RtxPayloadType,
        RedPayloadType = track.Track.Options.IsEncrypted ? null : format.RedPayloadType,
        FormatParameters = string.Join(';', Parameters.Where(key => IsPlain(track.Codec.Parameter(key))).Select(key => $"{key}={track.Codec.Parameter(key)}")),
    };

    /// <summary>Whether a value of a client can be one of the known parameters: all of them are short numbers, names or hexadecimal digits.</summary>
    private static bool IsPlain(string? value) => value is { Length: > 0 and <= MaxParameterLength } && value.All(char.IsAsciiLetterOrDigit);

    /// <summary>Whether the packets of a track have the audio level.</summary>
    public static bool HasLevel(UpTrack track) => track.Options.Extensions.IdOf(HeaderExtensionKind.AudioLevel) > 0;

    /// <summary>How one layer of a track is sent.</summary>
    /// <param name="track">The track.</param>
    /// <param name="codec">Its codec on the link.</param>
    /// <param name="index">The index of the layer.</param>
    /// <param name="layer">The SSRCs of the layer on the link.</param>
    public static DownTrackOptions OptionsOf(UpTrack track, RelayedCodec codec, int index, RelayedLayer layer) => new()
    {
        Ssrc = layer.Ssrc,
        PayloadType = codec.PayloadType,
        RtxSsrc = layer.RtxSsrc,
        RtxPayloadType = codec.RtxPayloadType,
        RedPayloadType = codec.RedPayloadType,
        Nack = codec.RtxPayloadType is not null,
        Extensions = ExtensionsOf(track.Options.Kind, HasLevel(track)),
        FirstSequenceNumber = ForwardedTrack.FirstSequenceNumbers(1)[0],
        Layer = index,
        Cname = track.ParticipantId,
    };

    /// <summary>Reads how an announced track is received. False when a link of this version does not carry such a track.</summary>
    /// <param name="message">The announcement.</param>
    /// <param name="options">The parameters of the track.</param>
    /// <param name="codec">Its codec.</param>
    public static bool TryRead(TrackAddedMessage message, out UpTrackOptions options, out RtpCodec codec)
    {
        (options, codec) = (null!, null!);
        if (!Formats.TryGetValue(message.Codec.Name, out var format) || !IsSupported(message, format))
        {
            return false;
        }

        var isVideo = format.Kind == MediaKind.Video;
        options = new UpTrackOptions
        {
            Mid = string.Empty,
            Kind = format.Kind,
            Codec = format.Codec,
            IsEncrypted = message.IsEncrypted,
            IsRelayed = true,
            ClockRate = format.ClockRate,
            PayloadType = message.Codec.PayloadType,
            RtxPayloadType = message.Codec.RtxPayloadType,
            RedPayloadType = message.Codec.RedPayloadType,
            Nack = isVideo,
            Extensions = ExtensionsOf(format.Kind, message.HasLevel),
            Layers = [.. message.Layers.Select(layer => new UpLayerOptions { Rid = layer.Rid.Length > 0 ? layer.Rid : null, Ssrc = layer.Ssrc, RtxSsrc = layer.RtxSsrc })],
        };
        codec = new RtpCodec
        {
            PayloadType = message.Codec.PayloadType,
            RtxPayloadType = message.Codec.RtxPayloadType,
            RedPayloadType = message.Codec.RedPayloadType,
            Name = message.Codec.Name,
            ClockRate = format.ClockRate,
            Channels = isVideo ? 1 : message.Codec.Channels,
            Parameters = message.Codec.FormatParameters.Length > 0 ? message.Codec.FormatParameters : null,
            Feedback = isVideo ? [Nack, "nack pli"] : [],
        };
        return true;
    }

    public static LinkTrackSource SourceOf(TrackSource source) => source switch
    {
        TrackSource.Microphone => LinkTrackSource.Microphone,
        TrackSource.Camera => LinkTrackSource.Camera,
        TrackSource.Screen => LinkTrackSource.Screen,
        _ => LinkTrackSource.ScreenAudio,
    };

    public static TrackSource SourceOf(LinkTrackSource source) => source switch
    {
        LinkTrackSource.Microphone => TrackSource.Microphone,
        LinkTrackSource.Camera => TrackSource.Camera,
        LinkTrackSource.Screen => TrackSource.Screen,
        _ => TrackSource.ScreenAudio,
    };

    private static HeaderExtensionMap ExtensionsOf(MediaKind kind, bool hasLevel) => kind == MediaKind.Video ? Video : hasLevel ? Audio : UnmeasuredAudio;

    private static bool IsSupported(TrackAddedMessage message, Format format)
    {
        var isVideo = message.Source is LinkTrackSource.Camera or LinkTrackSource.Screen;
        var codec = message.Codec;
        var payloadTypes = new HashSet<int> { codec.PayloadType };
        return isVideo == (format.Kind == MediaKind.Video)
            && codec.ClockRate == format.ClockRate
            && (isVideo || codec.Channels is 1 or 2)
            && (codec.RtxPayloadType is not { } rtx || payloadTypes.Add(rtx))
            && (codec.RedPayloadType is not { } red || payloadTypes.Add(red))
            && message.Layers.Select(layer => layer.Rid).Distinct(StringComparer.Ordinal).Count() == message.Layers.Count
            && (message.Layers.Count == 1 || message.Layers.All(layer => layer.Rid.Length > 0));
    }

    private sealed record Format(MediaKind Kind, VideoCodec Codec, int ClockRate, byte PayloadType, byte? RtxPayloadType, byte? RedPayloadType);
}
