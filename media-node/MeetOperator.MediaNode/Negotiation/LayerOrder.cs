namespace MeetOperator.MediaNode.Negotiation;

/// <summary>
/// The first guess of which simulcast layer is larger, until pictures arrive. SDP does not tell (RFC 8853 §5.2), and clients list their layers in both orders.
/// </summary>
internal static class LayerOrder
{
    /// <summary>The names that most web clients use: a quarter, a half and the full size.</summary>
    private static readonly string[] Common = ["q", "h", "f"];

    /// <summary>Sorts common names from the smallest layer to the largest. Others keep their order.</summary>
    public static IReadOnlyList<string> FromLowest(IReadOnlyList<string> rids) =>
        rids.All(rid => Common.Contains(rid, StringComparer.Ordinal)) ? [.. rids.OrderBy(rid => Array.IndexOf(Common, rid))] : rids;
}
