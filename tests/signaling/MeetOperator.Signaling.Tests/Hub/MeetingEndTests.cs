using System.Net;
using System.Net.Http.Headers;
using MeetOperator.Signaling.Data.Bus;
using MeetOperator.Signaling.Data.Databases;
using MeetOperator.Signaling.Data.Rows;
using MeetOperator.Signaling.Settings;
using MeetOperator.Signaling.Tests.Harness;
using MeetOperator.Testing;

namespace MeetOperator.Signaling.Tests.Hub;

/// <summary>What the end of a meeting leaves behind. Presence does not expire during these tests.</summary>
public sealed class MeetingEndTests(MeetingEndTests.Server server) : IClassFixture<MeetingEndTests.Server>
{
    public sealed class Server : ServerFixture
    {
        protected override SignalingOptions Configure(SignalingOptions options) => options with { Timings = options.Timings with { PresenceLifetime = TimeSpan.FromHours(1) } };
    }

    private TestSignaling Signaling => server.Signaling;

    [Fact]
    public async Task End_WithParticipants_ParticipantsHaveLeft()
    {
        var meeting = await Signaling.CreateAsync();
        await using var ann = await Signaling.EnterAsync(meeting.MeetingId, "Ann");
        await using var bob = await Signaling.EnterAsync(meeting.MeetingId, "Bob");
        Assert.NotEmpty(await PresentAsync(meeting.MeetingId));

        await EndAsync(meeting.MeetingId, meeting.HostToken);
        await ann.ExpectCloseAsync();

        var rows = new StoredRows(Signaling.Service<ISqlDatabase>());
        await Eventually.TrueAsync(async () => (await PresentAsync(meeting.MeetingId)).Count == 0, "nobody is present");
        await Eventually.TrueAsync(
            async () => await rows.ListParticipantsAsync(TestCluster.Tenant, meeting.MeetingId) is { Count: 2 } all && all.All(p => p is { ConnectionStatus: ConnectionStatuses.Left, LeaveTime: not null }),
            "the rows say that both have left");
    }

    /// <summary>A session without sockets is kept open for a WHIP publisher, but not after the end.</summary>
    [Fact]
    public async Task End_WithWhipPublisher_ClosesSession()
    {
        await Eventually.TrueAsync(async () => await OpenMeetingsAsync() == 0, "the meetings of earlier tests are closed");
        var meeting = await Signaling.CreateAsync();
        var camera = await Signaling.JoinAsync(meeting.MeetingId, "Camera");
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(Signaling.Address, $"meetings/{meeting.MeetingId}/whip"))
        {
            Content = new StringContent(Sdp.Publish(), new MediaTypeHeaderValue("application/sdp")),
            Headers = { Authorization = new AuthenticationHeaderValue("Bearer", camera.Ticket) },
        };
        Assert.Equal(HttpStatusCode.Created, (await Signaling.Http.SendAsync(request)).StatusCode);
        Assert.Equal(1, await OpenMeetingsAsync());

        await EndAsync(meeting.MeetingId, meeting.HostToken);

        await Eventually.TrueAsync(async () => await OpenMeetingsAsync() == 0, "the session is closed");
    }

    private Task<HttpResponseMessage> EndAsync(string meetingId, string hostToken) => Signaling.SendAsync(HttpMethod.Delete, $"meetings/{meetingId}", bearer: hostToken);

    private Task<IReadOnlyList<PresenceEntry>> PresentAsync(string meetingId) =>
        Signaling.Service<IMeetingBus>().Presence.ListAsync(new MeetingKey(TestCluster.Tenant, meetingId), default);

    private async Task<int> OpenMeetingsAsync()
    {
        var metrics = await Signaling.Http.GetStringAsync(new Uri(Signaling.Metrics, "metrics"));
        return metrics.Split('\n').FirstOrDefault(line => line.StartsWith("meet_signaling_meetings ", StringComparison.Ordinal)) is { } line
            ? int.Parse(line.Split(' ')[1], System.Globalization.CultureInfo.InvariantCulture)
            : 0;
    }
}
