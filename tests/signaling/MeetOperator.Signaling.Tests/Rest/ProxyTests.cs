using System.Net;
using System.Net.Http.Json;
using MeetOperator.Signaling.Http;
using MeetOperator.Signaling.Tests.Harness;

namespace MeetOperator.Signaling.Tests.Rest;

/// <summary>Tests the URLs in responses behind a proxy that calls the server by another host name.</summary>
public sealed class ProxyTests : IAsyncLifetime
{
    private TestCluster _cluster = null!;

    public async Task InitializeAsync()
    {
        _cluster = await TestCluster.StartAsync();
        await _cluster.AddNodeAsync("default-aaaaa");
    }

    public async Task DisposeAsync() => await _cluster.DisposeAsync();

    [Fact]
    public async Task WebSocketUrl_TrustedProxy_UsesForwardedSchemeAndHost()
    {
        await using var signaling = await TestSignaling.StartAsync(_cluster, options => options with { TrustedProxies = [IPNetwork.Parse("127.0.0.0/8")] });
        var meeting = await signaling.CreateAsync();
        Assert.StartsWith("wss://meet.example/meetings/", await WebSocketUrlAsync(signaling, meeting.MeetingId), StringComparison.Ordinal);
    }

    [Fact]
    public async Task WebSocketUrl_UntrustedProxy_IgnoresForwardedHeaders()
    {
        await using var signaling = await TestSignaling.StartAsync(_cluster, options => options with { TrustedProxies = [IPNetwork.Parse("10.0.0.0/8")] });
        var meeting = await signaling.CreateAsync();
        Assert.StartsWith($"ws://{signaling.Address.Authority}/meetings/", await WebSocketUrlAsync(signaling, meeting.MeetingId), StringComparison.Ordinal);
    }

    /// <summary>The server has one socket for both families, where addresses of IPv4 appear in their IPv6 form.</summary>
    [Theory]
    [InlineData("127.0.0.1")]
    [InlineData("[::1]")]
    public async Task WebSocketUrl_ServerOnAllAddresses_TrustsProxiesOfBothFamilies(string host)
    {
        var proxies = new[] { IPNetwork.Parse("127.0.0.0/8"), IPNetwork.Parse("::1/128") };
        await using var signaling = await TestSignaling.StartAsync(_cluster, options => options with { HttpAddress = "[::]:0", TrustedProxies = proxies });
        var meeting = await signaling.CreateAsync();
        using var http = new HttpClient { BaseAddress = new Uri($"http://{host}:{signaling.Address.Port}/") };
        Assert.StartsWith("wss://meet.example/meetings/", await WebSocketUrlAsync(http, meeting.MeetingId), StringComparison.Ordinal);
    }

    private static Task<string> WebSocketUrlAsync(TestSignaling signaling, string meetingId) => WebSocketUrlAsync(signaling.Http, meetingId);

    private static async Task<string> WebSocketUrlAsync(HttpClient http, string meetingId)
    {
        var response = await Retrying.SendAsync(async () =>
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, $"meetings/{meetingId}/join") { Content = JsonContent.Create(new { displayName = "Ann" }) };
            request.Headers.Add("X-Forwarded-For", "203.0.113.9");
            request.Headers.Add("X-Forwarded-Proto", "https");
            request.Headers.Add("X-Forwarded-Host", "meet.example");
            return await http.SendAsync(request);
        });
        Assert.True(response.IsSuccessStatusCode, await response.Content.ReadAsStringAsync());
        return (await response.Content.ReadFromJsonAsync<JoinResponse>())!.WebSocketUrl;
    }
}
