using MeetOperator.MediaNode.Errors;
using MeetOperator.MediaNode.Negotiation;
using MeetOperator.MediaNode.Tracks;
using MeetOperator.NodeControl;
using MeetOperator.Rtc.Ice;
using MeetOperator.Rtp.Codecs;
using MeetOperator.Sdp;
using MeetOperator.Sdp.Negotiation;
using MeetOperator.Sfu.Layers;
using MeetOperator.Sfu.Tracks;

namespace MeetOperator.MediaNode.Sessions;

/// <summary>Validates offers for publishing and writes their answers. Not for the thread of a loop, because it takes longer than a loop may be away from its socket.</summary>
internal static class PublishPreparation
{
    /// <summary>Maximum number of concurrent tracks of one participant in a meeting.</summary>
    public const int MaxTracks = 16;

    /// <summary>Maximum number of concurrent layers of all tracks: one report to the publisher describes them all (RFC 3550 §6.4.2).</summary>
    public const int MaxLayers = 31;

    /// <summary>Prepares the answer. An invalid offer throws <see cref="ControlProblemException"/>.</summary>
    public static PreparedAnswer Prepare(PublishBasis basis, SdpOffer request, SessionDescription offer)
    {
        var remote = SdpReading.ReadRemote(offer, isAnswer: false);
        var session = basis.Session;
        var renewed = session is null || remote.RestartsIce(session.Remote) ? IceCredentials.Generate() : null;
        var local = basis.Factory.Describe(renewed ?? session!.Local, basis.AllowsTcp);
        var number = session?.Number ?? SessionContext.NextSessionNumber();
        var version = (session?.Version ?? 0) + 1;
        if (!PublishAnswer.TryBuild(offer, basis.Codecs, local, number, version, out var answer, out var error, acceptsRed: !basis.IsE2ee))
        {
            throw ControlProblemException.InvalidSdp(error.ToString());
        }

        if (answer.Sections.Count(s => s.IsActive) > basis.MaxTracks)
        {
            throw ControlProblemException.InvalidSdp($"SDP: more than {basis.MaxTracks} sections send media.");
        }

        if (answer.Sections.Where(s => s.IsActive).Sum(s => Math.Max(1, s.Layers.Count)) > MaxLayers)
        {
            throw ControlProblemException.InvalidSdp($"SDP: the sections send more than {MaxLayers} simulcast layers in total.");
        }

        var sections = ReadSections(answer.Sections, request.Tracks, basis.IsE2ee);
        return new PreparedAnswer(basis, answer.Description.ToString(), number, sections, remote, renewed, session is null ? basis.Factory.CreateTransport(renewed!, basis.IsTunnel) : null);
    }

    private static PreparedSection[] ReadSections(IReadOnlyList<NegotiatedSection> sections, IReadOnlyList<TrackDescription> named, bool isE2ee)
    {
        var read = new PreparedSection[sections.Count];
        var (audio, video) = (0, 0);
        for (var i = 0; i < sections.Count; i++)
        {
            var section = sections[i];
            var kind = section.Kind == "audio" ? MediaKind.Audio : MediaKind.Video;
            var index = kind == MediaKind.Audio ? audio++ : video++;
            var name = named.FirstOrDefault(t => t.Mid == section.Mid)?.Source;
            var source = name is null
                ? TrackSources.Default(kind, index)
                : TrackSources.TryRead(name) ?? throw ControlProblemException.InvalidRequest($"tracks: unknown source '{name}'; expected microphone, camera, screen or screen-audio.");
            read[i] = new PreparedSection(section.Mid, section is { IsActive: true, Codec: { } codec } ? new PreparedTrack(source, codec, OptionsOf(section, kind, codec, isE2ee)) : null);
        }

        return read;
    }

    private static UpTrackOptions OptionsOf(NegotiatedSection section, MediaKind kind, RtpCodec codec, bool isE2ee) => new()
    {
        Mid = section.Mid,
        Kind = kind,
        Codec = codec.Name.ToUpperInvariant() switch
        {
            "VP8" => VideoCodec.Vp8,
            "VP9" => VideoCodec.Vp9,
            "H264" => VideoCodec.H264,
            "AV1" => VideoCodec.Av1,
            _ => VideoCodec.Unknown,
        },
        IsEncrypted = isE2ee,
        ClockRate = codec.ClockRate,
        PayloadType = (byte)codec.PayloadType,
        RtxPayloadType = (byte?)codec.RtxPayloadType,
        RedPayloadType = (byte?)codec.RedPayloadType,
        Extensions = ExtensionMaps.Read(section.Extensions),
        ReferenceTime = section.AllowsReferenceTime,
        Nack = codec.Feedback.Contains("nack"),
        Layers = section.Layers.Count > 0
            ? [.. LayerOrder.FromLowest(section.Layers).Select(rid => new UpLayerOptions { Rid = rid })]
            : [new UpLayerOptions { Ssrc = section.Ssrcs?.Primary, RtxSsrc = section.Ssrcs?.Retransmission }],
    };
}
