using System.Net;
using System.Text.Json.Nodes;
using MeetOperator.Signaling.Tests.Harness;
using MeetOperator.Testing;

namespace MeetOperator.Signaling.Tests.Rest;

/// <summary>Limits of the requests that read stored rows of a meeting with a valid host token or API key.</summary>
public sealed class ReadLimitTests : IAsyncLifetime
{
    private const string GlobexKey = "globex-key-0123456789abcdef0123456789";

    private TestCluster _cluster = null!;
    private TestSignaling _signaling = null!;

    public async Task InitializeAsync()
    {
        _cluster = await TestCluster.StartAsync();
        await _cluster.AddNodeAsync("default-aaaaa");
        await _cluster.AddTenantAsync("globex", "meet-globex", apiKey: GlobexKey);
        _signaling = await TestSignaling.StartAsync(_cluster);
    }

    public async Task DisposeAsync()
    {
        await _signaling.DisposeAsync();
        await _cluster.DisposeAsync();
    }

    [Theory]
    [InlineData("/quality")]
    [InlineData("/quality/survey")]
    [InlineData("/diagnostics")]
    [InlineData("/diagnostics/unknown")]
    public async Task Get_ByHostInLoop_IsLimitedForThisMeetingOnly(string path)
    {
        var meeting = await _signaling.CreateAsync();
        var other = await _signaling.CreateAsync();

        await ExpectLimitAsync(meeting.MeetingId + path, meeting.HostToken);

        using var ofOther = await _signaling.SendAsync(HttpMethod.Get, $"meetings/{other.MeetingId}/quality", bearer: other.HostToken);
        Assert.Equal(HttpStatusCode.OK, ofOther.StatusCode);
    }

    [Fact]
    public async Task Get_ByApiKeyInLoop_IsLimitedForThisTenantOnly()
    {
        var meeting = await _signaling.CreateAsync();

        await ExpectLimitAsync("unknown/quality", GlobexKey);

        using var ofOther = await _signaling.SendAsync(HttpMethod.Get, $"meetings/{meeting.MeetingId}/quality", bearer: meeting.HostToken);
        Assert.Equal(HttpStatusCode.OK, ofOther.StatusCode);
    }

    /// <summary>Reads many times at once. Some requests are answered, the others get the problem with the time after which to try again.</summary>
    private async Task ExpectLimitAsync(string path, string bearer)
    {
        var refused = 0;
        for (var round = 0; round < 50 && refused == 0; round++)
        {
            foreach (var response in await Task.WhenAll(Enumerable.Range(0, 50).Select(_ => _signaling.SendAsync(HttpMethod.Get, $"meetings/{path}", bearer: bearer))))
            {
                using (response)
                {
                    if (response.StatusCode == HttpStatusCode.TooManyRequests && response.Headers.RetryAfter is not null)
                    {
                        Assert.Equal("application/problem+json", response.Content.Headers.ContentType?.MediaType);
                        var problem = JsonNode.Parse(await response.Content.ReadAsStringAsync())!;
                        refused += ((string)problem["detail"]!).StartsWith("Too many requests with this", StringComparison.Ordinal) ? 1 : 0;
                    }
                }
            }
        }

        Assert.NotEqual(0, refused);
    }
}
