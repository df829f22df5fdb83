using MeetOperator.Kube.Schema;

namespace MeetOperator.Contracts.SfuPools;

/// <summary>Resources of a media node's container, as in a Pod. Quantities are strings such as "500m" or "1Gi".</summary>
public sealed record MediaNodeResources
{
    /// <summary>Requested amounts by resource, for example cpu: "2". Default none; mutable, by replacing nodes.</summary>
    [MaxItems(8)]
    [MaxLength(32)]
    [Pattern(Quantity)]
    [Default("{}")]
    public IReadOnlyDictionary<string, string> Requests { get; init; } = new Dictionary<string, string>();

    /// <summary>Limits by resource, for example memory: "2Gi". Default none; mutable, by replacing nodes.</summary>
    [MaxItems(8)]
    [MaxLength(32)]
    [Pattern(Quantity)]
    [Default("{}")]
    public IReadOnlyDictionary<string, string> Limits { get; init; } = new Dictionary<string, string>();

    private const string Quantity = "^[0-9]+(\\.[0-9]+)?(m|k|M|G|T|P|E|Ki|Mi|Gi|Ti|Pi|Ei)?$";
}
