using System.Net;
using System.Text.RegularExpressions;
using MeetOperator.NodeControl.Security;
using MeetOperator.Testing;

namespace MeetOperator.Turn.Tests;

/// <summary>What Prometheus reads from a relay, with a real coturn.</summary>
public sealed partial class MetricsTests(RunningRelay relay) : IClassFixture<RunningRelay>
{
    [Fact]
    public async Task Metrics_CertificateOfPrometheus_HaveAllocationsAndBytes()
    {
        await Eventually.TrueAsync(async () => Value(await TextAsync(), "meet_turn_allocations") == 0, "there is no allocation");
        var before = Value(await TextAsync(), "meet_turn_relayed_bytes_total");
        using var client = await relay.AllocatedAsync();
        await Eventually.TrueAsync(async () => Value(await TextAsync(), "meet_turn_allocations") == 1, "the allocation is counted");

        Assert.Equal(0, await client.PermitAsync(relay.MediaNode, default));
        await client.SendDataAsync(relay.MediaNode, new byte[1000], default);
        await relay.MediaSocket.ReceiveAsync(new byte[1500]).WaitAsync(TimeSpan.FromSeconds(30));
        await client.RefreshAsync(0, default);

        await Eventually.TrueAsync(async () => Value(await TextAsync(), "meet_turn_relayed_bytes_total") >= before + 1000, "the data is counted");
    }

    [Fact]
    public async Task Metrics_CertificateOfSignaling_IsRefused()
    {
        using var response = await GetAsync(ControlRole.Signaling);
        Assert.Equal(HttpStatusCode.Unauthorized, response.StatusCode);
    }

    [Fact]
    public async Task Metrics_Each_IsExplainedInOperations()
    {
        var operations = await File.ReadAllTextAsync(Path.Combine(Repository.Root, "docs", "operations.md"));
        string[] names = [.. Name().Matches(await TextAsync()).Select(match => match.Groups[1].Value)];
        Assert.Equal(["meet_turn_allocations", "meet_turn_relayed_bytes_total"], names);
        Assert.All(names, name => Assert.Contains($"| `{name}` |", operations, StringComparison.Ordinal));
    }

    private static long Value(string text, string name) => long.Parse(text.Split('\n').Single(line => line.StartsWith($"{name} ", StringComparison.Ordinal)).Split(' ')[1], System.Globalization.CultureInfo.InvariantCulture);

    private async Task<string> TextAsync()
    {
        using var response = await GetAsync(ControlRole.Metrics);
        Assert.Equal((HttpStatusCode.OK, "text/plain"), (response.StatusCode, response.Content.Headers.ContentType?.MediaType));
        return await response.Content.ReadAsStringAsync();
    }

    private async Task<HttpResponseMessage> GetAsync(ControlRole role)
    {
        using var http = relay.Authority.Http(role);
        http.DefaultRequestHeaders.Host = "relay.meet-default.sfunode.meetoperator.io";
        return await http.GetAsync(new Uri(relay.Control, "metrics"));
    }

    [GeneratedRegex(@"^# TYPE (\S+) ", RegexOptions.Multiline)]
    private static partial Regex Name();
}
