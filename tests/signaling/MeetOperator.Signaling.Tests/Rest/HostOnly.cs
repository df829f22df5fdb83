using System.Net;
using MeetOperator.Signaling.Tests.Harness;

namespace MeetOperator.Signaling.Tests.Rest;

/// <summary>Checks for what only the host of a meeting and its tenant may read.</summary>
internal static class HostOnly
{
    /// <summary>Everybody else is refused, with the same response as for a meeting that does not exist.</summary>
    /// <param name="signaling">The server.</param>
    /// <param name="path">The path below <c>meetings/{id}</c>, with its slash.</param>
    /// <param name="foreignKey">An API key of another tenant.</param>
    public static async Task IsHiddenFromOthersAsync(TestSignaling signaling, string path, string foreignKey)
    {
        var meeting = await signaling.CreateAsync();
        await using var ann = await signaling.EnterAsync(meeting.MeetingId, "Ann");
        var other = await signaling.CreateAsync();
        var unknown = Guid.NewGuid().ToString("D");
        foreach (var (bearer, status) in new (string?, HttpStatusCode)[]
        {
            (null, HttpStatusCode.Unauthorized), ("wrong", HttpStatusCode.Unauthorized), (ann.Join.Ticket, HttpStatusCode.Forbidden),
            (other.HostToken, HttpStatusCode.Forbidden), (foreignKey, HttpStatusCode.NotFound),
        })
        {
            using var answer = await signaling.SendAsync(HttpMethod.Get, $"meetings/{meeting.MeetingId}{path}", bearer: bearer);
            using var ofUnknown = await signaling.SendAsync(HttpMethod.Get, $"meetings/{unknown}{path}", bearer: bearer);
            Assert.Equal((status, status), (answer.StatusCode, ofUnknown.StatusCode));
            Assert.Equal(await ofUnknown.Content.ReadAsStringAsync(), await answer.Content.ReadAsStringAsync());
        }
    }
}
