using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace MeetOperator.Bench;

/// <summary>
/// One measured figure. <see cref="Peer"/> is the reference value (another server's figure or a limit), and <see cref="Ratio"/> is the value divided by it. A figure that this
/// machine cannot show has no value, and <see cref="Skipped"/> says why.
/// </summary>
internal sealed record Figure(string Name, double? Value, string Unit, double? Peer = null)
{
    private static readonly JsonSerializerOptions Options = new(JsonSerializerDefaults.Web);

    public double? Ratio => Value is { } value && Peer is > 0 ? Math.Round(value / Peer.Value, 4) : null;

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Skipped { get; init; }

    public string ToJson() => JsonSerializer.Serialize(this with { Value = Value is { } value ? Math.Round(value, 4) : null }, Options);

    public override string ToString() => Skipped is null
        ? string.Create(CultureInfo.InvariantCulture, $"{Name,-16} {Value:0.###} {Unit}{(Peer is { } peer ? $" (reference {peer:0.###})" : string.Empty)}")
        : $"{Name,-16} skipped: {Skipped}";
}
