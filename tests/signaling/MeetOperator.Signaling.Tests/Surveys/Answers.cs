using System.Net;
using System.Text.Json.Nodes;
using MeetOperator.Signaling.Tests.Harness;

namespace MeetOperator.Signaling.Tests.Surveys;

/// <summary>Calls to the survey of a meeting.</summary>
internal static class Answers
{
    public static Task<HttpResponseMessage> SendAsync(TestSignaling server, string meetingId, string? ticket, object body) =>
        server.SendAsync(HttpMethod.Put, $"meetings/{meetingId}/survey", body, ticket);

    public static async Task StoreAsync(TestSignaling server, string meetingId, string ticket, int rating, string? text = null)
    {
        using var response = await SendAsync(server, meetingId, ticket, new { rating, text });
        Assert.True(response.StatusCode == HttpStatusCode.NoContent, await response.Content.ReadAsStringAsync());
    }

    /// <summary>The answers with their summary.</summary>
    public static Task<JsonNode> ListAsync(TestSignaling server, string meetingId, string bearer) => GetAsync(server, $"meetings/{meetingId}/quality/survey", bearer);

    public static async Task<JsonNode> GetAsync(TestSignaling server, string path, string bearer)
    {
        using var response = await server.SendAsync(HttpMethod.Get, path, bearer: bearer);
        var text = await response.Content.ReadAsStringAsync();
        Assert.True(response.IsSuccessStatusCode, text);
        return JsonNode.Parse(text)!;
    }
}
