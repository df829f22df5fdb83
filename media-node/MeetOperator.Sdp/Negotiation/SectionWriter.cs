namespace MeetOperator.Sdp.Negotiation;

/// <summary>Collects the lines of one section of a description from the media node.</summary>
internal sealed class SectionWriter
{
    private readonly List<SdpAttribute> _attributes = [];
    private readonly List<string> _formats = [];

    public SectionWriter(string mid, MediaDirection direction)
    {
        Add("mid", mid);
        _attributes.Add(new SdpAttribute(direction.ToSdpName()));
    }

    public void Add(string name, string? value = null) => _attributes.Add(new SdpAttribute(name, value));

    /// <summary>Adds the transport lines. Only one section of a bundle contains the candidates.</summary>
    public void AddTransport(LocalTransport local, string setup, bool withCandidates, bool reducedSize = true)
    {
        Add("rtcp-mux");
        if (reducedSize)
        {
            Add("rtcp-rsize");
        }

        Add("ice-ufrag", local.Ufrag);
        Add("ice-pwd", local.Password);
        Add("fingerprint", "sha-256 " + local.Fingerprint);
        Add("setup", setup);
        if (!withCandidates)
        {
            return;
        }

        for (var i = 0; i < local.Candidates.Count; i++)
        {
            Add("candidate", local.Candidates[i].ToAttributeValue(i));
        }

        Add("end-of-candidates");
    }

    /// <summary>Agrees that receivers of media measure the round trip, and that senders answer them (RFC 3611 §5.2).</summary>
    public void AddReferenceTime() => Add("rtcp-xr", "rcvr-rtt=all");

    public void AddCodec(RtpCodec codec)
    {
        var type = codec.PayloadType;
        if (codec is { RedPayloadType: { } first, PrefersRed: true })
        {
            AddRedundancy(codec, first);
        }

        _formats.Add($"{type}");
        Add("rtpmap", $"{type} {codec.Name}/{codec.ClockRate}{(codec.Channels > 1 ? $"/{codec.Channels}" : "")}");
        if (codec.Parameters is { Length: > 0 } parameters)
        {
            Add("fmtp", $"{type} {parameters}");
        }

        foreach (var feedback in codec.Feedback)
        {
            Add("rtcp-fb", $"{type} {feedback}");
        }

        if (codec is { RedPayloadType: { } red, PrefersRed: false })
        {
            AddRedundancy(codec, red);
        }

        if (codec.RtxPayloadType is { } rtx)
        {
            _formats.Add($"{rtx}");
            Add("rtpmap", $"{rtx} rtx/{codec.ClockRate}");
            Add("fmtp", $"{rtx} apt={type}");
        }
    }

    private void AddRedundancy(RtpCodec codec, int type)
    {
        _formats.Add($"{type}");
        Add("rtpmap", $"{type} red/{codec.ClockRate}{(codec.Channels > 1 ? $"/{codec.Channels}" : "")}");
        Add("fmtp", $"{type} {codec.PayloadType}/{codec.PayloadType}");
    }

    public void AddExtensions(IEnumerable<HeaderExtension> extensions, bool allowMixed = true)
    {
        if (allowMixed)
        {
            Add("extmap-allow-mixed");
        }

        foreach (var extension in extensions)
        {
            Add("extmap", $"{extension.Id}{(extension.Direction is { } direction ? "/" + direction.ToSdpName() : "")} {extension.Uri}");
        }
    }

    public void AddSource(string streamId, string trackId, string cname, SsrcPair ssrcs)
    {
        Add("msid", $"{streamId} {trackId}");
        if (ssrcs.Retransmission is { } rtx)
        {
            Add("ssrc-group", $"FID {ssrcs.Primary} {rtx}");
        }

        Add("ssrc", $"{ssrcs.Primary} cname:{cname}");
        if (ssrcs.Retransmission is { } repair)
        {
            Add("ssrc", $"{repair} cname:{cname}");
        }
    }

    public MediaSection Finish(string kind, string protocol = "UDP/TLS/RTP/SAVPF") => new()
    {
        Kind = kind,
        Port = 9,
        Protocol = protocol,
        Formats = _formats,
        Attributes = _attributes,
    };

    /// <summary>Returns the rejection of an offered section (RFC 3264 §6).</summary>
    public static MediaSection CreateRejected(MediaSection offered)
    {
        var attributes = new List<SdpAttribute>();
        if (offered.Mid is { } mid)
        {
            attributes.Add(new SdpAttribute("mid", mid));
        }

        attributes.Add(new SdpAttribute("inactive"));
        return new MediaSection { Kind = offered.Kind, Port = 0, Protocol = offered.Protocol, Formats = offered.Formats, Attributes = attributes };
    }

    /// <param name="sessionId">Session ID for the <c>o=</c> line; constant during a session (RFC 8866 §5.2).</param>
    /// <param name="version">Session version for the <c>o=</c> line; increases with every description of the session.</param>
    /// <param name="sections">All sections of the description.</param>
    /// <param name="offer">The offer that the description answers, or null for an offer. An answer contains only attributes that the offer has.</param>
    public static SessionDescription CreateSession(long sessionId, int version, IReadOnlyList<MediaSection> sections, SessionDescription? offer = null)
    {
        var attributes = new List<SdpAttribute>();
        var mids = sections.Where(s => s.Port != 0).Select(s => s.Mid).ToList();
        if (mids.Count > 0 && offer?.BundledMids.Count != 0)
        {
            attributes.Add(new SdpAttribute("group", "BUNDLE " + string.Join(' ', mids)));
        }

        attributes.Add(new SdpAttribute("ice-lite"));
        if (offer is null || offer.Value("msid-semantic") is not null)
        {
            attributes.Add(new SdpAttribute("msid-semantic", " WMS *"));
        }

        return new SessionDescription { Origin = $"- {sessionId} {version} IN IP4 0.0.0.0", Attributes = attributes, Sections = sections };
    }
}
