using System.Globalization;

namespace MeetOperator.Sdp;

/// <summary>
/// One <c>m=</c> section: its lines unchanged, and typed views of the lines that the media node uses. The views skip malformed
/// lines.
/// </summary>
public sealed class MediaSection
{
    private IReadOnlyList<RtpCodec>? _codecs;

    /// <summary>audio, video or application.</summary>
    public required string Kind { get; init; }

    /// <summary>0 means rejected or, in an offer, removed.</summary>
    public required int Port { get; init; }
    public required string Protocol { get; init; }
    public required IReadOnlyList<string> Formats { get; init; }
    public required IReadOnlyList<SdpAttribute> Attributes { get; init; }

    public string? Mid => Value("mid");

    public bool HasRtcpMux => Has("rtcp-mux");

    /// <summary>Codecs in the order of the <c>m=</c> line; an RTX format is part of the codec that it repairs.</summary>
    public IReadOnlyList<RtpCodec> Codecs => _codecs ??= CodecReader.Read(this);

    public MediaDirection Direction
    {
        get
        {
            foreach (var attribute in Attributes)
            {
                if (attribute.Value is null && MediaDirections.TryRead(attribute.Name) is { } direction)
                {
                    return direction;
                }
            }

            return MediaDirection.SendRecv;
        }
    }

    public IReadOnlyList<HeaderExtension> Extensions
    {
        get
        {
            var found = new List<HeaderExtension>();
            foreach (var value in Values("extmap"))
            {
                var parts = value.Split(' ', StringSplitOptions.RemoveEmptyEntries);
                var name = parts.Length >= 2 ? parts[0].Split('/', 2) : [];
                if (name.Length > 0 && int.TryParse(name[0], NumberStyles.None, CultureInfo.InvariantCulture, out var id) && id is >= 1 and <= 255)
                {
                    found.Add(new HeaderExtension(id, parts[1], name.Length > 1 ? MediaDirections.TryRead(name[1]) : null));
                }
            }

            return found;
        }
    }

    /// <summary>The first SSRC with its retransmission SSRC, or null when the section announces no SSRC.</summary>
    public SsrcPair? Ssrcs
    {
        get
        {
            foreach (var value in Values("ssrc-group"))
            {
                var parts = value.Split(' ', StringSplitOptions.RemoveEmptyEntries);
                if (parts.Length >= 3 && parts[0] == "FID" && uint.TryParse(parts[1], out var primary) && uint.TryParse(parts[2], out var repair))
                {
                    return new SsrcPair(primary, repair);
                }
            }

            foreach (var value in Values("ssrc"))
            {
                if (uint.TryParse(value.Split(' ')[0], out var ssrc))
                {
                    return new SsrcPair(ssrc, null);
                }
            }

            return null;
        }
    }

    /// <summary>
    /// The RIDs of the layers that the peer offers to send, in the order of <c>a=simulcast</c> (RFC 8853 §5.1); empty without simulcast. Of alternatives only the first
    /// counts. A layer that is paused at first counts too, because the peer can start it at any time.
    /// </summary>
    public IReadOnlyList<string> SentLayers
    {
        get
        {
            var parts = Value("simulcast")?.Split(' ', StringSplitOptions.RemoveEmptyEntries) ?? [];
            var direction = Array.IndexOf(parts, "send");
            if (direction < 0 || direction % 2 != 0 || direction + 1 >= parts.Length)
            {
                return [];
            }

            return [.. parts[direction + 1].Split(';').Select(alternatives => alternatives.Split(',')[0].TrimStart('~')).Where(IsSentRid).Distinct(StringComparer.Ordinal)];
        }
    }

    /// <summary>Whether receivers may measure the round trip with reference times: <c>a=rtcp-xr:rcvr-rtt</c> of the section or of the session (RFC 3611 §5.1).</summary>
    public bool AllowsReferenceTime(SessionDescription session)
    {
        ArgumentNullException.ThrowIfNull(session);
        return Values("rtcp-xr").Concat(session.Attributes.Where(a => a.Name == "rtcp-xr").Select(a => a.Value ?? ""))
            .Any(value => value.Split(' ').Any(format => format.Split('=')[0] == "rcvr-rtt"));
    }

    public bool Has(string name)
    {
        foreach (var attribute in Attributes)
        {
            if (attribute.Name == name)
            {
                return true;
            }
        }

        return false;
    }

    public string? Value(string name)
    {
        foreach (var attribute in Attributes)
        {
            if (attribute.Name == name && attribute.Value is not null)
            {
                return attribute.Value;
            }
        }

        return null;
    }

    public IEnumerable<string> Values(string name)
    {
        foreach (var attribute in Attributes)
        {
            if (attribute.Name == name && attribute.Value is not null)
            {
                yield return attribute.Value;
            }
        }
    }

    /// <summary>Whether an <c>a=rid</c> line declares that the peer sends the RID (RFC 8851 §10).</summary>
    private bool IsSentRid(string rid) =>
        rid.Length is > 0 and <= SdpLimits.MaxRidCharacters && rid.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_')
        && Values("rid").Any(line => line.Split(' ', 3, StringSplitOptions.RemoveEmptyEntries) is [var id, "send", ..] && id == rid);
}
