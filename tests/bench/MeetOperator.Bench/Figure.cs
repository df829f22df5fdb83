using System.Globalization;
using System.Text.Json;

namespace MeetOperator.Bench;

/// <summary>One measured figure. <see cref="Peer"/> is the reference value (another server's figure or a limit), and <see cref="Ratio"/> is the value divided by it.</summary>
internal sealed record Figure(string Name, double Value, string Unit, double? Peer = null)
{
    private static readonly JsonSerializerOptions Options = new(JsonSerializerDefaults.Web);

    public double? Ratio => Peer is > 0 ? Math.Round(Value / Peer.Value, 4) : null;

    public string ToJson() => JsonSerializer.Serialize(this with { Value = Math.Round(Value, 4) }, Options);

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Name,-16} {Value:0.###} {Unit}{(Peer is { } peer ? $" (reference {peer:0.###})" : string.Empty)}");
}
