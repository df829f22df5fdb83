using System.Net;
using System.Net.Sockets;

namespace MeetOperator.NodeControl.Links;

/// <summary>Validates a <see cref="LinkSpec"/>. Pure. Messages name the field and what it must be, and never contain a secret.</summary>
public static class LinkSpecRules
{
    public const int MaxAddresses = 4;
    public const int MaxKeys = 3;
    public const int MaxKbps = 100_000_000;
    private const int MaxLinkCharacters = 64;

    /// <summary>The longest origin of a track that a link can carry (<c>docs/relay.md</c>, track-added).</summary>
    private const int MaxNodeCharacters = 320;

    /// <summary>Why the node must reject the link, as a sentence for the response; null when it is valid.</summary>
    /// <param name="link">The ID of the link, from the path of the request.</param>
    /// <param name="spec">The deserialized spec. Lists may contain nulls.</param>
    public static string? FindProblem(string link, LinkSpec spec)
    {
        ArgumentNullException.ThrowIfNull(link);
        ArgumentNullException.ThrowIfNull(spec);
        return CheckNames(link, spec) ?? CheckAddresses(spec.Addresses) ?? CheckTags(spec) ?? CheckKeys(spec.Keys);
    }

    /// <summary>Whether a text can be the ID of a link. It is safe in a path and in a log.</summary>
    public static bool IsLinkId(string? text) => text is { Length: > 0 and <= MaxLinkCharacters } && text.All(static c => char.IsAsciiLetterOrDigit(c) || c == '-');

    private static string? CheckNames(string link, LinkSpec spec) => spec switch
    {
        _ when !IsLinkId(link) => $"The link ID must have 1 to {MaxLinkCharacters} letters, digits or hyphens.",
        { Generation: < 0 } => "generation must not be negative.",
        { PeerGeneration: < 0 } => "peerGeneration must not be negative.",
        { Role: not (LinkEndRole.Opener or LinkEndRole.Acceptor) } => "role must be Opener or Acceptor.",
        _ when !IsNode(spec.Node) => NodeProblem("node"),
        _ when !IsNode(spec.Peer) => NodeProblem("peer"),
        _ when spec.Node == spec.Peer => "peer must be another media node than node: a link joins two media nodes.",
        { MaxKbps: < 1 or > MaxKbps } => $"maxKbps must be from 1 to {MaxKbps}, or absent for no limit.",
        _ => null,
    };

    private static string? CheckAddresses(IReadOnlyList<string?> addresses)
    {
        if (addresses.Count is 0 or > MaxAddresses)
        {
            return $"addresses must have 1 to {MaxAddresses} entries.";
        }

        var seen = new HashSet<IPEndPoint>();
        for (var index = 0; index < addresses.Count; index++)
        {
            if (!TryReadAddress(addresses[index], out var address))
            {
                return $"addresses[{index}] must be a unicast IP address and a UDP port, for example 10.1.2.3:43000 or [fd00::7]:43000.";
            }

            if (!seen.Add(address))
            {
                return $"addresses[{index}] is in the list twice; remove one.";
            }
        }

        return null;
    }

    private static string? CheckTags(LinkSpec spec) => spec switch
    {
        { Tag: 0 } => "tag must not be 0.",
        { PeerTag: 0 } => "peerTag must not be 0.",
        _ when spec.Tag == spec.PeerTag => "tag and peerTag must be different.",
        _ => null,
    };

    private static string? CheckKeys(IReadOnlyList<LinkKey?> keys)
    {
        if (keys.Count is 0 or > MaxKeys)
        {
            return $"keys must have 1 to {MaxKeys} entries.";
        }

        for (var index = 0; index < keys.Count; index++)
        {
            if (keys[index] is not { Epoch: > 0 } key)
            {
                return $"keys[{index}].epoch must be from 1 to {ushort.MaxValue}.";
            }

            if (index > 0 && key.Epoch <= keys[index - 1]!.Epoch)
            {
                return $"keys[{index}].epoch must be above that of the entry before it: sort keys by epoch.";
            }

            if (key.Secret is not null && !key.TryDecode(out _))
            {
                return $"keys[{index}].secret must be base64 of {LinkKey.SecretBytes} bytes.";
            }
        }

        return keys[^1]!.Secret is null ? $"keys[{keys.Count - 1}].secret is missing: the newest key needs a secret." : null;
    }

    /// <summary>Parses <c>address:port</c>. False for other forms and for addresses that no media node can have.</summary>
    public static bool TryReadAddress(string? text, out IPEndPoint address)
    {
        address = new IPEndPoint(IPAddress.None, 0);
        if (text is not { Length: <= 64 } || !IPEndPoint.TryParse(text, out var read) || read.Port == 0 || !IsUnicast(read.Address, text))
        {
            return false;
        }

        address = read;
        return true;
    }

    private static bool IsUnicast(IPAddress address, string text)
    {
        if (address.AddressFamily == AddressFamily.InterNetworkV6)
        {
            return !address.Equals(IPAddress.IPv6Any) && !address.IsIPv6Multicast && !address.IsIPv4MappedToIPv6 && address.ScopeId == 0;
        }

        // The parser also takes short forms such as 10.1, which mean another address than their author thinks. The first byte of multicast and reserved addresses is 224 or more.
        return text.Count(c => c == '.') == 3 && address.GetAddressBytes()[0] is > 0 and < 224;
    }

    private static bool IsNode(string text) =>
        text.Length <= MaxNodeCharacters && text.Split('/') is [{ Length: > 0 } ns, { Length: > 0 } name] && ns.All(IsNameCharacter) && name.All(IsNameCharacter);

    private static bool IsNameCharacter(char c) => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c is '-' or '.';

    private static string NodeProblem(string field) => $"{field} must be the namespace and name of a media node, for example meet/default-abcde, with at most {MaxNodeCharacters} characters.";
}
