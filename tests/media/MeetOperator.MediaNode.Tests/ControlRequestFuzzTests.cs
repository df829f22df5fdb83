using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using MeetOperator.Fuzz.Tests;
using MeetOperator.MediaNode.Bodies;
using MeetOperator.MediaNode.Control;
using MeetOperator.MediaNode.Errors;
using MeetOperator.MediaNode.Failures;
using MeetOperator.MediaNode.Tracks;
using MeetOperator.NodeControl;

namespace MeetOperator.MediaNode.Tests;

/// <summary>
/// JSON bodies of NodeControl with changed values. The media node applies or rejects each request with a reason, nothing fails on the loop, and a call in another room is not
/// affected. A failing body can be repeated with its seed.
/// </summary>
public sealed class ControlRequestFuzzTests
{
    private const int Requests = 400;

    /// <summary>After this many requests the room is created again, because a request with a high generation makes it reject the others.</summary>
    private const int RequestsOfRoom = 20;
    private const string Participant = "rooms/bad/participants/mallory";

    private static readonly Dictionary<string, (HttpMethod Method, string Path)> Endpoints = new()
    {
        ["room"] = (HttpMethod.Put, "rooms/bad"),
        ["participant"] = (HttpMethod.Put, Participant),
        ["publish"] = (HttpMethod.Post, Participant + "/publish"),
        ["subscribe"] = (HttpMethod.Post, Participant + "/subscribe"),
        ["answer"] = (HttpMethod.Post, Participant + "/subscribe/answer"),
        ["play"] = (HttpMethod.Post, Participant + "/play"),
        ["view"] = (HttpMethod.Put, Participant + "/view"),
        ["slots"] = (HttpMethod.Put, Participant + "/slots"),
        ["mute"] = (HttpMethod.Patch, Participant + "/tracks"),
    };

    public static TheoryData<string> Names => [.. Endpoints.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public async Task Request_ChangedValues_IsAppliedOrRejectedWithAReason(string name)
    {
        await using var rooms = await TwoRooms.StartAsync();
        using var mallory = new SyntheticPeer();
        var (method, path) = Endpoints[name];
        var mutator = new JsonMutator(seed: 1, Seeds(name, mallory, await JoinAsync(rooms, mallory)));
        int applied = 0, rejected = 0;
        for (var i = 0; i < Requests; i++)
        {
            if (i % RequestsOfRoom == 0)
            {
                await JoinAsync(rooms, mallory);
            }

            var body = mutator.Next();
            using var request = new HttpRequestMessage(method, new Uri(rooms.Node.Address, "v1/" + path)) { Content = new ByteArrayContent(body) };
            request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
            using var response = await SendAsync(rooms.Node.Http, request, body.Length);
            if (response is null)
            {
                rejected++;
                continue;
            }

            var answer = await response.Content.ReadAsStringAsync();
            Assert.True(response.StatusCode < HttpStatusCode.InternalServerError, $"request {i}: {(int)response.StatusCode} {answer} for {Encoding.UTF8.GetString(body)}");
            (applied, rejected) = response.IsSuccessStatusCode ? (applied + 1, rejected) : (applied, rejected + 1);
            Assert.True(response.IsSuccessStatusCode || answer.Contains("detail", StringComparison.Ordinal), answer);
        }

        Assert.InRange(applied, 1, Requests);
        Assert.InRange(rejected, 1, Requests);
        await rooms.AssertNeighbourUnaffectedAsync(1);
        foreach (var scope in Enum.GetValues<FailureScope>())
        {
            Assert.Equal(0, await rooms.FailuresAsync(scope));
        }
    }

    /// <summary>
    /// Returns null when the node has closed the connection while the request was sent, which it does without reading a body that is too large. No later request uses that connection.
    /// </summary>
    private static async Task<HttpResponseMessage?> SendAsync(HttpClient http, HttpRequestMessage request, int bodyLength)
    {
        request.Headers.ConnectionClose = bodyLength > ControlJson.MaxBodyBytes;
        try
        {
            return await http.SendAsync(request);
        }
        catch (HttpRequestException e) when (e.InnerException is IOException && bodyLength > ControlJson.MaxBodyBytes)
        {
            return null;
        }
    }

    [Fact]
    public void Views_ChangedValues_AreWithinTheirLimitsOrRejected()
    {
        var mutator = new JsonMutator(seed: 2, [Views(2), Views(ParticipantViews.MaxTracks)]);
        var accepted = 0;
        for (var i = 0; i < 5_000; i++)
        {
            var body = mutator.Next();
            ParticipantViews views;
            try
            {
                views = ParticipantViews.Read(RequestBody.Parse<ViewRequest>(body));
            }
            catch (ControlProblemException)
            {
                continue;
            }

            accepted++;
            Assert.True(views.IsKnown);
            Assert.InRange(views.Tracks.Count(), 0, ParticipantViews.MaxTracks);
            Assert.InRange(views.Pinned.Count, 0, ParticipantViews.MaxTracks);
            Assert.All(views.Tracks, t => Assert.True(t.ParticipantId is not null && t.Source is Sfu.Tracks.TrackSource.Camera or Sfu.Tracks.TrackSource.Screen));
        }

        Assert.InRange(accepted, 100, 5_000);
    }

    /// <summary>Creates the room again, with a publish and a subscribe session of each of two participants. Returns the offer to the first one.</summary>
    private static async Task<SubscribeOffer> JoinAsync(TwoRooms rooms, SyntheticPeer mallory)
    {
        var node = rooms.Node.Control;
        await node.DeleteRoomAsync(TwoRooms.Bad, long.MaxValue, default);
        await node.PutRoomAsync(TwoRooms.Bad, new RoomSpec { Generation = 1 }, default);
        foreach (var name in new[] { "mallory", "dave" })
        {
            await node.PublishAsync(TwoRooms.Bad, name, new SdpOffer { Generation = 1, Sdp = TestSdp.Publish(mallory) }, default);
        }

        var subscription = new SubscribeRequest { Generation = 1, Slots = new SlotCounts { Audio = 3, Video = 4 } };
        await node.SubscribeAsync(TwoRooms.Bad, "dave", subscription, default);
        return await node.SubscribeAsync(TwoRooms.Bad, "mallory", subscription, default);
    }

    private static string[] Seeds(string name, SyntheticPeer peer, SubscribeOffer offer)
    {
        var tracks = new[] { new TrackDescription { Mid = "0", Kind = "audio", Source = "microphone" }, new TrackDescription { Mid = "1", Kind = "video", Source = "camera" } };
        return name switch
        {
            "room" => [Write(new RoomSpec { Generation = 1, Codecs = ["VP8", "H264"], E2ee = true })],
            "participant" => [Write(new ParticipantSpec { Generation = 1 })],
            "publish" => [Write(new SdpOffer { Generation = 1, Sdp = TestSdp.Publish(peer), Tracks = tracks, Restart = true })],
            "subscribe" => [Write(new SubscribeRequest { Generation = 1, Restart = true, Slots = new SlotCounts { Audio = 3, Video = 4 } })],
            "answer" => [Write(new SubscribeAnswer { Revision = offer.Revision, Sdp = TestSdp.Answer(offer.Sdp, peer) })],
            "play" => [Write(new PlayRequest { Generation = 1, Sdp = TestSdp.Play(peer), Feeds = ["mallory", "dave"] })],
            "view" => [Views(2), Views(ParticipantViews.MaxTracks)],
            "slots" => [Write(new SlotsConfirmation { SessionId = "s", Version = 1 })],
            _ => [Write(new TrackMuteRequest { Muted = new MuteState { Microphone = true, Camera = false } })],
        };
    }

    private static string Views(int count) => Write(new ViewRequest
    {
        Tracks = [.. Enumerable.Range(0, count).Select(i => new ViewedTrack { ParticipantId = i == 0 ? "dave" : $"p-{i}", Source = i % 2 == 0 ? "camera" : "screen", Width = 640, Height = 360, Pinned = i == 1 })],
        Pinned = ["dave"],
    });

    private static string Write<T>(T request) => JsonSerializer.Serialize(request, NodeControlJson.Options);
}
