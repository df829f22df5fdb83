namespace MeetOperator.MediaNode.Links;

/// <summary>
/// The other end of a link of a room: the room on another media node, or a part of the same room on another loop of this one. Its rules keep a track from going in circles. A part announces
/// only what its own sessions carry. The hub of the room passes tracks on: those of its parts to other media nodes, as tracks of this one, and everything but its own tracks to each part.
/// </summary>
internal sealed class LinkEnd
{
    /// <summary>The hub of a room in the announcements to its parts. No media node has a name without a slash.</summary>
    public const string Hub = "#0";
    private readonly string _name;

    private LinkEnd(LinkEndKind kind, string name) => (Kind, _name) = (kind, name);

    public LinkEndKind Kind { get; }

    /// <summary>Whether the other end is limited in what it announces, because it is another media node.</summary>
    public bool IsLimited => Kind == LinkEndKind.Node;

    /// <summary>The room on another media node.</summary>
    /// <param name="name">The media node as <c>namespace/name</c>.</param>
    public static LinkEnd OfNode(string name) => new(LinkEndKind.Node, name);

    /// <summary>A part of the room, seen from its hub.</summary>
    public static LinkEnd OfPart(int part) => new(LinkEndKind.Part, NameOf(part));

    /// <summary>The hub of the room, seen from a part.</summary>
    /// <param name="ownPart">The part on this side.</param>
    public static LinkEnd OfHub(int ownPart) => new(LinkEndKind.Hub, NameOf(ownPart));

    /// <summary>The origin of the tracks of a part in announcements between the parts of a room.</summary>
    public static string NameOf(int part) => $"#{part}";

    /// <summary>Whether an origin is a part of the room, and not a media node.</summary>
    public static bool IsPart(string origin) => !origin.Contains('/', StringComparison.Ordinal);

    /// <summary>Whether the other end may announce a track with an origin after a number of links.</summary>
    public bool MayAnnounce(string origin, int hops) => Kind switch
    {
        LinkEndKind.Hub => origin != _name && hops == (origin == Hub ? 1 : 2),
        _ => origin == _name && hops == 1,
    };
}
