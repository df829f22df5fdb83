using System.Net;
using System.Text.Json.Nodes;
using MeetOperator.Signaling.Tests.Harness;

namespace MeetOperator.Signaling.Tests.ProblemReports;

/// <summary>Reports about problems as a page sends them, and the calls around them.</summary>
internal static class Reports
{
    /// <summary>A complete report. Change it to test other ones.</summary>
    public static JsonObject Of(string participantId, string reference = "r-1", string? text = "The picture stands still.")
    {
        var track = new JsonObject
        {
            ["participantId"] = participantId, ["source"] = "camera", ["direction"] = "receive", ["kbps"] = 700, ["loss"] = 0.02, ["jitterMs"] = 12, ["frozen"] = 0.5, ["concealed"] = 0,
            ["fps"] = 30, ["width"] = 640, ["height"] = 360, ["codec"] = "VP8", ["layers"] = new JsonArray("f"), ["limitation"] = "bandwidth",
        };
        var sample = new JsonObject
        {
            ["ageMs"] = 2_000, ["quality"] = "poor", ["hint"] = "loss-receiving", ["rttMs"] = 40, ["sendKbps"] = 900, ["sendLoss"] = 0, ["receiveKbps"] = 1_500, ["receiveLoss"] = 0.1,
            ["paths"] = new JsonArray(new JsonObject { ["direct"] = false, ["type"] = "srflx", ["protocol"] = "udp", ["rttMs"] = 40 }),
            ["tracks"] = new JsonArray(track),
        };
        return new JsonObject { ["consent"] = true, ["reference"] = reference, ["text"] = text, ["browser"] = "Chrome 142 on Linux", ["statistics"] = new JsonArray(sample) };
    }

    public static Task<HttpResponseMessage> SendAsync(TestSignaling server, string meetingId, string? ticket, object body) =>
        server.SendAsync(HttpMethod.Post, $"meetings/{meetingId}/diagnostics", body, ticket);

    /// <summary>Sends a report and returns its ID.</summary>
    public static async Task<string> StoreAsync(TestSignaling server, string meetingId, string ticket, object body)
    {
        using var response = await SendAsync(server, meetingId, ticket, body);
        var text = await response.Content.ReadAsStringAsync();
        Assert.True(response.StatusCode == HttpStatusCode.Created, text);
        return (string)JsonNode.Parse(text)!["reportId"]!;
    }

    public static async Task<JsonArray> ListAsync(TestSignaling server, string meetingId, string bearer)
    {
        using var response = await server.SendAsync(HttpMethod.Get, $"meetings/{meetingId}/diagnostics", bearer: bearer);
        var text = await response.Content.ReadAsStringAsync();
        Assert.True(response.IsSuccessStatusCode, text);
        return JsonNode.Parse(text)!["reports"]!.AsArray();
    }
}
