using System.Text.Json.Nodes;

namespace MeetOperator.Signaling.Tests.Harness;

/// <summary>Clients that can talk directly to each other, and the fields of what they are told about it.</summary>
internal static class DirectClients
{
    public static async Task<TestClient> EnterAsync(TestSignaling server, string meetingId, string name, string? region = null)
    {
        var client = await TestClient.OpenAsync(await server.JoinAsync(meetingId, name, region: region));
        await JoinAsync(client);
        return client;
    }

    public static async Task JoinAsync(TestClient client)
    {
        await client.SendAsync(new { type = "join", participantId = client.Id, capabilities = new { p2p = true } });
        await client.ExpectAsync("joined");
    }

    public static string? Kind(JsonObject message) => (string?)message["kind"];

    public static long Generation(JsonObject message) => (long)message["generation"]!;
}
