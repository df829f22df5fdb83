using System.Text;
using MeetOperator.Signaling.Protocol;
using MeetOperator.Signaling.Protocol.Server;
using MeetOperator.Signaling.Tests.Harness;
using MeetOperator.Testing;

namespace MeetOperator.Signaling.Tests.Protocol;

/// <summary>Tests the exact text of every message, because third-party clients depend on it.</summary>
public sealed class ServerMessageTests
{
    private static readonly ParticipantInfo Ann = new("p-1", "Ann <b>\"é\"</b>", true, false, ParticipantRole.Host);

    public static TheoryData<ServerMessage, string> Golden => new()
    {
        {
            new JoinedMessage("p-2", [Ann], ParticipantRole.Participant, true, false, Topology.Sfu),
            """{"type":"joined","participantId":"p-2","participants":[{"participantId":"p-1","displayName":"Ann <b>\"é\"</b>","audio":true,"video":false,"role":"host"}],"role":"participant","muted":{"audio":true,"video":false},"topology":"sfu","capabilities":{"view":true,"quality":true,"slots":true,"p2p":true}}"""
        },
        {
            new JoinedMessage("p-2", [], ParticipantRole.Participant, false, false, Topology.P2p),
            """{"type":"joined","participantId":"p-2","participants":[],"role":"participant","muted":{"audio":false,"video":false},"topology":"p2p"}"""
        },
        {
            new ParticipantJoinedMessage(Ann),
            """{"type":"participant-joined","participant":{"participantId":"p-1","displayName":"Ann <b>\"é\"</b>","audio":true,"video":false,"role":"host"}}"""
        },
        {
            new JoinedMessage("p-2", [Ann with { IdentityKey = "BKey" }], ParticipantRole.Participant, true, false, Topology.P2p, E2ee: true),
            """{"type":"joined","participantId":"p-2","participants":[{"participantId":"p-1","displayName":"Ann <b>\"é\"</b>","audio":true,"video":false,"role":"host","identityKey":"BKey"}],"role":"participant","muted":{"audio":true,"video":false},"topology":"p2p","e2ee":true}"""
        },
        {
            new JoinedMessage("p-2", [], ParticipantRole.Participant, false, false, Topology.P2p, Survey: true),
            """{"type":"joined","participantId":"p-2","participants":[],"role":"participant","muted":{"audio":false,"video":false},"topology":"p2p","survey":true}"""
        },
        { new E2eeKeyMessage("p-1", "AQ"), """{"type":"e2ee-key","from":"p-1","payload":"AQ"}""" },
        { new E2eeIdentityMessage("p-1", "BKey"), """{"type":"e2ee-identity","participantId":"p-1","identityKey":"BKey"}""" },
        { new ParticipantLeftMessage("p-1", "timeout"), """{"type":"participant-left","participantId":"p-1","reason":"timeout"}""" },
        {
            new ForwardedOfferMessage("sfu", "v=0\r\n", 3, [new OfferedTrack("0", "p-1", "video", "camera")]),
            """{"type":"offer","from":"sfu","sdp":"v=0\r\n","revision":3,"tracks":[{"mid":"0","participantId":"p-1","kind":"video","source":"camera"}]}"""
        },
        { new ForwardedOfferMessage("p-1", "v=0\r\n", null, null), """{"type":"offer","from":"p-1","sdp":"v=0\r\n"}""" },
        { new ForwardedAnswerMessage("sfu", "v=0\r\n"), """{"type":"answer","from":"sfu","sdp":"v=0\r\n"}""" },
        { new ForwardedIceCandidateMessage("p-1", """{"candidate":"c","sdpMid":"0"}"""), """{"type":"ice-candidate","from":"p-1","candidate":{"candidate":"c","sdpMid":"0"}}""" },
        {
            new ForwardedChatMessage("p-1", "Ann", "hi 😀", new DateTimeOffset(2026, 1, 31, 13, 0, 0, 5, TimeSpan.FromHours(1)), 12),
            """{"type":"chat","from":"p-1","displayName":"Ann","message":"hi 😀","timestamp":"2026-01-31T12:00:00.005Z","messageId":"12"}"""
        },
        { new MediaUpdateMessage("p-1", false, true), """{"type":"media-update","participantId":"p-1","audio":false,"video":true}""" },
        { new MediaRestartMessage("moved", 4), """{"type":"media-restart","reason":"moved","generation":4}""" },
        { new MediaMoveMessage(4, 0, MediaMoveReason.Standby), """{"type":"media-move","generation":4,"deadline":0,"reason":"standby"}""" },
        { new MediaMoveMessage(4, 60_000), """{"type":"media-move","generation":4,"deadline":60000}""" },
        { new SpeakingMessage("p-1", 90), """{"type":"speaking","participantId":"p-1","level":90}""" },
        { new LayersMessage("camera", ["h", "q"]), """{"type":"layers","source":"camera","rids":["h","q"]}""" },
        { new PausedMessage([new PausedTrack("p-1", "screen")]), """{"type":"paused","tracks":[{"participantId":"p-1","source":"screen"}]}""" },
        { new PausedMessage([]), """{"type":"paused","tracks":[]}""" },
        { new TopologyMessage(Topology.P2p, 3), """{"type":"topology","kind":"p2p","generation":3}""" },
        { new UnreachableMessage(["p-1", "p-2"]), """{"type":"unreachable","participantIds":["p-1","p-2"]}""" },
        { new IceServersMessage([new IceServer(["turn:192.0.2.7:3478?transport=udp"], "1800000300:m-1:p-1", "AQ==")]), """{"type":"ice-servers","iceServers":[{"urls":["turn:192.0.2.7:3478?transport=udp"],"username":"1800000300:m-1:p-1","credential":"AQ=="}]}""" },
        { new IceServersMessage([]) { IsRelayOnly = true }, """{"type":"ice-servers","iceServers":[],"iceTransportPolicy":"relay"}""" },
        { new ForwardedP2pReadyMessage("p-1", 3), """{"type":"p2p-ready","from":"p-1","generation":3}""" },
        { new SlotsMessage("s1", 4, [new OfferedTrack("7", "p-1", "video", "camera")]), """{"type":"slots","sessionId":"s1","version":4,"slots":[{"mid":"7","participantId":"p-1","kind":"video","source":"camera"}]}""" },
        { new ForwardedOfferMessage("sfu", "v=0\r\n", 3, [], "s1", 2), """{"type":"offer","from":"sfu","sdp":"v=0\r\n","sessionId":"s1","revision":3,"slotsVersion":2,"tracks":[]}""" },
        { new MeetingEndedMessage("ended"), """{"type":"meeting-ended","reason":"ended"}""" },
        { new RemovedMessage("removed"), """{"type":"removed","reason":"removed"}""" },
        { new ForwardedAnswerMessage("sfu", "v=0\r\n", "s1"), """{"type":"answer","from":"sfu","sdp":"v=0\r\n","sessionId":"s1"}""" },
        { new ForwardedOfferMessage("sfu", "v=0\r\n", 3, [], "s1", 2, true), """{"type":"offer","from":"sfu","sdp":"v=0\r\n","sessionId":"s1","revision":3,"slotsVersion":2,"tunnel":true,"tracks":[]}""" },
        { new ForwardedOfferMessage("sfu", "v=0\r\n", 3, null, "s1", Tunnel: false), """{"type":"offer","from":"sfu","sdp":"v=0\r\n","sessionId":"s1","revision":3,"tunnel":false}""" },
        { new ForwardedOfferMessage("sfu", "v=0\r\n", 3, null, "s1"), """{"type":"offer","from":"sfu","sdp":"v=0\r\n","sessionId":"s1","revision":3}""" },
        { new ErrorMessage(ErrorCode.UnknownSession, "Unknown session.", SessionId: "s1"), """{"type":"error","code":"unknown-session","message":"Unknown session.","sessionId":"s1"}""" },
        { new ErrorMessage(ErrorCode.NotJoined, "Send 'join' first."), """{"type":"error","code":"not-joined","message":"Send 'join' first."}""" },
    };

    [Theory]
    [MemberData(nameof(Golden))]
    public void ToUtf8_EveryMessage_MatchesGoldenText(ServerMessage message, string expected)
    {
        var text = Encoding.UTF8.GetString(message.ToUtf8());
        Assert.Equal(Unescape(expected), Unescape(text));
        System.Text.Json.JsonDocument.Parse(text).Dispose();
    }

    [Fact]
    public void ServerMessages_AllTypes_AreInGoldenListAndDocumentation()
    {
        var document = File.ReadAllText(Repository.PathOf("docs", "signaling-protocol.md"));
        var types = typeof(ServerMessage).Assembly.GetTypes().Where(t => t.IsSubclassOf(typeof(ServerMessage))).ToList();
        var golden = Golden.Select(row => (ServerMessage)((object[])row)[0]).ToList();
        Assert.Equal(types.OrderBy(t => t.Name).Select(t => t.Name), golden.Select(m => m.GetType().Name).Distinct().Order(StringComparer.Ordinal));
        foreach (var message in golden)
        {
            using var json = System.Text.Json.JsonDocument.Parse(message.ToUtf8());
            Assert.Contains($"`{json.RootElement.GetProperty("type").GetString()}", document, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Codes_AllValues_AreDocumentedAndRoundTrip()
    {
        var document = File.ReadAllText(Repository.PathOf("docs", "signaling-protocol.md"));
        foreach (var code in Enum.GetValues<ErrorCode>())
        {
            Assert.Contains($"`{WireName.Of(code)}`", document, StringComparison.Ordinal);
            Assert.True(WireName.TryParse<ErrorCode>(WireName.Of(code), out var back));
            Assert.Equal(code, back);
        }

        foreach (var code in Enum.GetValues<ProblemCode>())
        {
            Assert.Contains($"`{WireName.Of(code)}`", document, StringComparison.Ordinal);
        }

        Assert.Equal("screen-audio", WireName.Of(TrackSource.ScreenAudio));
        Assert.False(WireName.TryParse<ErrorCode>("BadMessage", out _));
    }

    // Escaped and unescaped non-ASCII characters are equivalent in JSON.
    private static string Unescape(string json) => System.Text.RegularExpressions.Regex.Unescape(json);
}
