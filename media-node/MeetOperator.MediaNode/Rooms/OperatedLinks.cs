using System.Security.Cryptography;
using MeetOperator.MediaNode.Errors;
using MeetOperator.MediaNode.Loops;
using MeetOperator.NodeControl.Links;
using MeetOperator.Relay.Keys;
using MeetOperator.Relay.Transport;
using MeetOperator.Rtc.Datagrams;

namespace MeetOperator.MediaNode.Rooms;

/// <summary>The links of a room as the operator specifies them: opens, changes and closes them, and reports about them. Used only on the loop's thread.</summary>
internal sealed class OperatedLinks
{
    /// <summary>Maximum number of links of a room: a meeting is on at most eight media nodes.</summary>
    public const int MaxLinks = 7;

    private static readonly LinkDropReason[] DropReasons = Enum.GetValues<LinkDropReason>();

    private readonly RoomLinks _links;
    private readonly MediaLoop _loop;
    private readonly Func<string, LinkSpec, LinkSessionOptions, LinkSession> _open;
    private readonly Dictionary<string, (LinkSpec Spec, LinkSession Session)> _operated = new(StringComparer.Ordinal);

    /// <param name="links">The links of the room.</param>
    /// <param name="loop">The loop of the room.</param>
    /// <param name="open">Opens a link in the room. One with the same ID ends first.</param>
    public OperatedLinks(RoomLinks links, MediaLoop loop, Func<string, LinkSpec, LinkSessionOptions, LinkSession> open) => (_links, _loop, _open) = (links, loop, open);

    /// <summary>Opens a link, or changes it. Another role, peer or tag closes it and opens a new one.</summary>
    /// <param name="id">The link.</param>
    /// <param name="offered">A spec that <see cref="LinkSpecRules"/> accepts.</param>
    /// <returns>The report of the link, and whether there was none with the ID.</returns>
    public (LinkReport Report, bool Created) Put(string id, LinkSpec offered)
    {
        Prune();
        var isKnown = _operated.TryGetValue(id, out var former);
        var spec = offered.WithKept(isKnown ? former.Spec.Keys : []);
        var addresses = ReachableAddresses(spec);
        if (isKnown && IsSameLink(former.Spec, spec))
        {
            former.Session.SetAddresses(addresses);
            former.Session.SetSecrets(Secrets(spec));
            _operated[id] = (spec, former.Session);
            SetLimit(id, spec);
            return (Report(id, spec, former.Session), false);
        }

        CheckCanOpen(id, spec, isKnown ? former.Session : null);
        var session = _open(id, spec, new LinkSessionOptions
        {
            Role = spec.Role == LinkEndRole.Opener ? LinkRole.Opener : LinkRole.Acceptor,
            LocalTag = spec.Tag,
            RemoteTag = spec.PeerTag,
            Addresses = addresses,
            Secrets = Secrets(spec),
        });
        _operated[id] = (spec, session);
        SetLimit(id, spec);
        return (Report(id, spec, session), !isKnown);
    }

    /// <summary>Says goodbye to the other end and forgets the secrets. An unknown link is ignored.</summary>
    public void Remove(string id)
    {
        _links.Remove(id);
        Prune();
    }

    /// <summary>Reports about each link, in the order of their IDs.</summary>
    public IReadOnlyList<LinkReport> Report()
    {
        Prune();
        return [.. _operated.OrderBy(link => link.Key, StringComparer.Ordinal).Select(link => Report(link.Key, link.Value.Spec, link.Value.Session))];
    }

    private void SetLimit(string id, LinkSpec spec)
    {
        if (_links.Find(id) is { } link)
        {
            link.MaxKilobitsPerSecond = spec.MaxKbps;
        }
    }

    private static bool IsSameLink(LinkSpec former, LinkSpec spec) =>
        (former.Role, former.Node, former.Peer, former.Tag, former.PeerTag) == (spec.Role, spec.Node, spec.Peer, spec.Tag, spec.PeerTag);

    private static LinkSecret[] Secrets(LinkSpec spec)
    {
        var secrets = new List<LinkSecret>();
        foreach (var key in spec.Keys)
        {
            if (key.TryDecode(out var bytes))
            {
                secrets.Add(new LinkSecret(key.Epoch, bytes));
                CryptographicOperations.ZeroMemory(bytes);
            }
        }

        return [.. secrets];
    }

    private TransportAddress[] ReachableAddresses(LinkSpec spec)
    {
        TransportAddress[] addresses = [.. spec.Addresses
            .Select(text => LinkSpecRules.TryReadAddress(text, out var address) ? TransportAddress.FromIPEndPoint(address) : default)
            .Where(address => _loop.Egress.CanReach(address))];
        return addresses.Length > 0 ? addresses : throw ControlProblemException.InvalidLink("addresses has none of an address family that this media node has a socket for.");
    }

    private void CheckCanOpen(string id, LinkSpec spec, LinkSession? former)
    {
        if (_loop.Links.Find(spec.Tag) is { } other && other != former)
        {
            throw ControlProblemException.InvalidLink($"tag {spec.Tag} belongs to another link on port {_loop.Port}; choose another one.");
        }

        if (former is null && _links.Find(id) is null && _links.Count >= MaxLinks)
        {
            throw ControlProblemException.TooManyLinks(MaxLinks);
        }
    }

    /// <summary>Forgets the specs of links that have ended.</summary>
    private void Prune()
    {
        foreach (var id in _operated.Keys.Where(id => _links.Find(id) is null).ToArray())
        {
            _operated.Remove(id);
        }
    }

    private LinkReport Report(string id, LinkSpec spec, LinkSession session)
    {
        var link = _links.Find(id);
        var hasAnswer = session.RoundTripTicks > 0;
        return new LinkReport
        {
            Link = id,
            Peer = spec.Peer,
            Tag = spec.Tag,
            PeerTag = spec.PeerTag,
            State = session.State switch
            {
                LinkState.Opening => LinkEndState.Opening,
                LinkState.Up => LinkEndState.Up,
                _ => LinkEndState.Broken,
            },
            Epoch = session.Epoch,
            RttMs = hasAnswer ? session.RoundTripTicks / (double)TimeSpan.TicksPerMillisecond : null,
            LossPct = hasAnswer ? 100 * session.OutboundLoss : null,
            KbpsIn = session.InboundKilobitsPerSecond,
            KbpsOut = session.OutboundKilobitsPerSecond,
            TracksIn = link?.TracksIn ?? 0,
            TracksOut = link?.TracksOut ?? 0,
            Drops = DropReasons.Sum(reason => session.Drops[reason]) + (link?.RefusedMessages ?? 0),
        };
    }
}
