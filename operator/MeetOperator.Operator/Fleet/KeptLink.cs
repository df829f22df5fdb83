using MeetOperator.NodeControl.Links;

namespace MeetOperator.Operator.Fleet;

/// <summary>What the leader knows about a link and holds in memory only: its tags and secrets. Its text has no secret. Immutable.</summary>
internal sealed record KeptLink
{
    /// <summary>Identifies the link in datagrams to the opener.</summary>
    public required uint OpenerTag { get; init; }

    /// <summary>Identifies the link in datagrams to the acceptor.</summary>
    public required uint AcceptorTag { get; init; }

    /// <summary>The process of each end for which the link was opened. Another process has none of the secrets.</summary>
    public required string OpenerInstance { get; init; }
    public required string AcceptorInstance { get; init; }

    /// <summary>The secrets that both ends must have, ascending. Empty while this leader has not yet renewed a link of an earlier one.</summary>
    public required IReadOnlyList<LinkKey> Keys { get; init; }

    /// <summary>Monotonic time at which the next secret is due.</summary>
    public required TimeSpan RenewAt { get; init; }

    /// <summary>What one end must be told.</summary>
    /// <param name="link">The link, with the present assignments.</param>
    /// <param name="role">The end.</param>
    /// <param name="peerAddresses">Addresses of the other end.</param>
    public LinkSpec SpecOf(MeetingLink link, LinkEndRole role, IReadOnlyList<string> peerAddresses)
    {
        var isOpener = role == LinkEndRole.Opener;
        var (own, peer) = isOpener ? (link.Opener, link.Acceptor) : (link.Acceptor, link.Opener);
        return new LinkSpec
        {
            Generation = own.Generation,
            Role = role,
            Node = own.Node.ToString(),
            Peer = peer.Node.ToString(),
            PeerGeneration = peer.Generation,
            Addresses = peerAddresses,
            Tag = isOpener ? OpenerTag : AcceptorTag,
            PeerTag = isOpener ? AcceptorTag : OpenerTag,
            Keys = Keys,
        };
    }
}
