using System.Text;
using MeetOperator.Signaling.Protocol;
using MeetOperator.Signaling.Protocol.Client;

namespace MeetOperator.Signaling.Tests.Protocol;

public sealed class ClientMessageTests
{
    private const string Offer = "v=0\\r\\no=- 1 1 IN IP4 127.0.0.1\\r\\n";
    private const string OfferText = "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\n";

    public static TheoryData<string, ClientMessage> ValidMessages => new()
    {
        { """{"type":"join","participantId":"p-1","capabilities":{}}""", new JoinMessage("p-1", false) },
        { """{"type":"join","participantId":"p-1","capabilities":{"resume":true,"topologies":["sfu"]}}""", new JoinMessage("p-1", true) },
        { """{"type":"join","participantId":"p-1"}""", new JoinMessage("p-1", false) },
        { """{"type":"join","participantId":"p-1","capabilities":{"slots":true}}""", new JoinMessage("p-1", false, Slots: true) },
        { """{"type":"slots","sessionId":"s1","version":7}""", new SlotsAppliedMessage("s1", 7) },
        { """{"type":"join","participantId":"p-1","capabilities":{"p2p":true}}""", new JoinMessage("p-1", false, P2p: true) },
        { """{"type":"join","participantId":"p-1","capabilities":{"move":true}}""", new JoinMessage("p-1", false, Move: true) },
        { """{"type":"join","participantId":"p-1","muted":{"audio":true,"video":false,"later":1}}""", new JoinMessage("p-1", false, AudioMuted: true) },
        { """{"type":"join","participantId":"p-1","muted":{"video":true}}""", new JoinMessage("p-1", false, VideoMuted: true) },
        { """{"type":"p2p-ready","to":"p-2","generation":3}""", new P2pReadyMessage("p-2", 3) },
        { """{"type":"p2p-failed","generation":3}""", new P2pFailedMessage(3) },
        { $$"""{"type":"offer","to":"sfu","sdp":"{{Offer}}","restart":true}""", new OfferMessage("sfu", OfferText, [], true) },
        { $$"""{"type":"offer","to":"sfu","sdp":"{{Offer}}","sessionId":"s-1"}""", new OfferMessage("sfu", OfferText, [], false, "s-1") },
        { $$"""{"type":"offer","to":"sfu","sdp":"{{Offer}}","reference":"o_1"}""", new OfferMessage("sfu", OfferText, [], false, null, "o_1") },
        { $$"""{"type":"answer","to":"sfu","sdp":"{{Offer}}","revision":7,"sessionId":"s-1"}""", new AnswerMessage("sfu", OfferText, 7, "s-1") },
        { $$"""{"type":"answer","to":"sfu","sdp":"{{Offer}}","revision":7}""", new AnswerMessage("sfu", OfferText, 7) },
        { $$"""{"type":"answer","to":"p-2","sdp":"{{Offer}}"}""", new AnswerMessage("p-2", OfferText, null) },
        { """{"type":"ice-candidate","to":"p-2","candidate":{"candidate":"candidate:1","sdpMid":"0"}}""", new IceCandidateMessage("p-2", """{"candidate":"candidate:1","sdpMid":"0"}""") },
        { """{"type":"ice-candidate","to":"p-2","candidate":null}""", new IceCandidateMessage("p-2", "null") },
        { """{"type":"mute","mediaType":"audio"}""", new MuteMessage(MediaType.Audio, true) },
        { """{"type":"unmute","mediaType":"video"}""", new MuteMessage(MediaType.Video, false) },
        { """{"type":"mute","mediaType":"audio","reference":"mute-7"}""", new MuteMessage(MediaType.Audio, true, "mute-7") },
        { """{"type":"chat","message":"hello\nworld \ud83d\ude00"}""", new ChatMessage("hello\nworld \U0001F600", null) },
        { """{"type":"chat","message":"hello","reference":"3f_-9"}""", new ChatMessage("hello", "3f_-9") },
        { """{"type":"leave","later":{"unknown":["fields","are","tolerated"]}}""", new LeaveMessage() },
    };

    [Theory]
    [MemberData(nameof(ValidMessages))]
    public void TryParse_ValidMessage_ReturnsMessage(string json, ClientMessage expected)
    {
        Assert.True(ClientMessage.TryParse(Encoding.UTF8.GetBytes(json), out var message, out var error), error?.Message);
        Assert.Equivalent(expected, message, strict: true);
        Assert.IsType(expected.GetType(), message);
    }

    [Fact]
    public void TryParse_OfferWithTracks_ReturnsSources()
    {
        var json = $$"""{"type":"offer","to":"sfu","sdp":"{{Offer}}","tracks":[{"mid":"0","source":"microphone"},{"mid":"2","source":"screen-audio","extra":1}]}""";
        Assert.True(ClientMessage.TryParse(Encoding.UTF8.GetBytes(json), out var message, out _));
        Assert.Equal([new PublishedTrack("0", TrackSource.Microphone), new PublishedTrack("2", TrackSource.ScreenAudio)], Assert.IsType<OfferMessage>(message).Tracks);
    }

    [Theory]
    [InlineData("", ErrorCode.BadMessage, "JSON")]
    [InlineData("null", ErrorCode.BadMessage, "object")]
    [InlineData("[]", ErrorCode.BadMessage, "object")]
    [InlineData("{}", ErrorCode.BadMessage, "type")]
    [InlineData("""{"type":5}""", ErrorCode.BadMessage, "type")]
    [InlineData("""{"type":"leave"}{"type":"leave"}""", ErrorCode.BadMessage, "JSON")]
    [InlineData("""{"type":"leave",}""", ErrorCode.BadMessage, "JSON")]
    [InlineData("""{"type":"leave"/*no*/}""", ErrorCode.BadMessage, "JSON")]
    [InlineData("""{"type":"chat","message":"a","reference":"~1"}""", ErrorCode.BadMessage, "reference")]
    [InlineData("""{"type":"chat","message":"a","reference":7}""", ErrorCode.BadMessage, "reference")]
    [InlineData("""{"type":"chat","message":"a","message":"b"}""", ErrorCode.BadMessage, "unique")]
    [InlineData("""{"type":"chat","x":{"a":1,"a":2},"message":"b"}""", ErrorCode.BadMessage, "unique")]
    [InlineData("""{"type":"leave","x":[[[[[[[[[1]]]]]]]]]}""", ErrorCode.BadMessage, "levels")]
    [InlineData("""{"type":"Leave"}""", ErrorCode.UnknownType, "Leave")]
    [InlineData("""{"type":"joined"}""", ErrorCode.UnknownType, "joined")]
    [InlineData("""{"type":"join"}""", ErrorCode.BadMessage, "participantId")]
    [InlineData("""{"type":"join","participantId":"a/../b"}""", ErrorCode.BadMessage, "participantId")]
    [InlineData("""{"type":"join","participantId":"p","capabilities":[]}""", ErrorCode.BadMessage, "capabilities")]
    [InlineData("""{"type":"offer","to":"sfu"}""", ErrorCode.BadMessage, "sdp")]
    [InlineData("""{"type":"offer","to":"sfu","sdp":"hello"}""", ErrorCode.InvalidSdp, "v=0")]
    [InlineData("""{"type":"offer","to":"","sdp":"v=0\r\n"}""", ErrorCode.BadMessage, "to")]
    [InlineData("""{"type":"offer","to":"sfu","sdp":"v=0\r\n","restart":"yes"}""", ErrorCode.BadMessage, "restart")]
    [InlineData("""{"type":"offer","to":"sfu","sdp":"v=0\r\n","tracks":[{"mid":"0","source":"webcam"}]}""", ErrorCode.BadMessage, "source")]
    [InlineData("""{"type":"offer","to":"sfu","sdp":"v=0\r\n","tracks":{}}""", ErrorCode.BadMessage, "tracks")]
    [InlineData("""{"type":"answer","to":"sfu","sdp":"v=0\r\n","revision":1.5}""", ErrorCode.BadMessage, "revision")]
    [InlineData("""{"type":"answer","to":"sfu","sdp":"v=0\r\n","revision":1e308}""", ErrorCode.BadMessage, "revision")]
    [InlineData("""{"type":"answer","to":"sfu","sdp":"v=0\r\n","revision":-1}""", ErrorCode.BadMessage, "revision")]
    [InlineData("""{"type":"ice-candidate","to":"p"}""", ErrorCode.BadMessage, "candidate")]
    [InlineData("""{"type":"ice-candidate","to":"p","candidate":5}""", ErrorCode.BadMessage, "candidate")]
    [InlineData("""{"type":"join","participantId":"p-1","muted":true}""", ErrorCode.BadMessage, "muted")]
    [InlineData("""{"type":"join","participantId":"p-1","muted":{"video":"yes"}}""", ErrorCode.BadMessage, "muted")]
    [InlineData("""{"type":"mute","mediaType":"screen"}""", ErrorCode.BadMessage, "mediaType")]
    [InlineData("""{"type":"mute","mediaType":"Audio"}""", ErrorCode.BadMessage, "mediaType")]
    [InlineData("""{"type":"quality","tracks":[]}""", ErrorCode.BadMessage, "sendLoss")]
    [InlineData("""{"type":"quality","sendLoss":0,"receiveLoss":1.1,"sendKbps":1,"receiveKbps":2,"tracks":[]}""", ErrorCode.BadMessage, "receiveLoss")]
    [InlineData("""{"type":"quality","sendLoss":0,"receiveLoss":0,"sendKbps":-1,"receiveKbps":2,"tracks":[]}""", ErrorCode.BadMessage, "sendKbps")]
    [InlineData("""{"type":"quality","sendLoss":0,"receiveLoss":0,"sendKbps":1e300,"receiveKbps":2,"tracks":[]}""", ErrorCode.BadMessage, "sendKbps")]
    [InlineData("""{"type":"quality","rttMs":"20","sendLoss":0,"receiveLoss":0.5,"sendKbps":1,"receiveKbps":2,"tracks":[]}""", ErrorCode.BadMessage, "rttMs")]
    [InlineData("""{"type":"quality","firstFrameMs":700000,"sendLoss":0,"receiveLoss":0.5,"sendKbps":1,"receiveKbps":2,"tracks":[]}""", ErrorCode.BadMessage, "firstFrameMs")]
    [InlineData("""{"type":"quality","gatheringMs":-1,"sendLoss":0,"receiveLoss":0.5,"sendKbps":1,"receiveKbps":2,"tracks":[]}""", ErrorCode.BadMessage, "gatheringMs")]
    [InlineData("""{"type":"quality","path":"pigeon","sendLoss":0,"receiveLoss":0.5,"sendKbps":1,"receiveKbps":2,"tracks":[]}""", ErrorCode.BadMessage, "udp, tcp, relay-udp, relay-tcp, relay-tls, tunnel, p2p, none")]
    [InlineData("""{"type":"quality","path":"Udp","sendLoss":0,"receiveLoss":0.5,"sendKbps":1,"receiveKbps":2,"tracks":[]}""", ErrorCode.BadMessage, "path")]
    [InlineData("""{"type":"quality","path":0,"sendLoss":0,"receiveLoss":0.5,"sendKbps":1,"receiveKbps":2,"tracks":[]}""", ErrorCode.BadMessage, "path")]
    [InlineData("""{"type":"quality","path":"tcp","pathReason":"bad luck","sendLoss":0,"receiveLoss":0.5,"sendKbps":1,"receiveKbps":2,"tracks":[]}""", ErrorCode.BadMessage, "udp-unanswered, udp-not-gathered, direct-unanswered")]
    [InlineData("""{"type":"quality","sendLoss":0,"receiveLoss":0.5,"sendKbps":1,"receiveKbps":2}""", ErrorCode.BadMessage, "tracks")]
    [InlineData("""{"type":"quality","sendLoss":0,"receiveLoss":0.5,"sendKbps":1,"receiveKbps":2,"tracks":[{"participantId":"p","source":"camera","quality":"great","kbps":1,"loss":0,"jitterMs":0,"frozen":0}]}""", ErrorCode.BadMessage, "good, weak, poor or paused")]
    [InlineData("""{"type":"quality","sendLoss":0,"receiveLoss":0.5,"sendKbps":1,"receiveKbps":2,"tracks":[{"participantId":"p/1","source":"camera","quality":"good","kbps":1,"loss":0,"jitterMs":0,"frozen":0}]}""", ErrorCode.BadMessage, "participantId")]
    [InlineData("""{"type":"quality","sendLoss":0,"receiveLoss":0.5,"sendKbps":1,"receiveKbps":2,"tracks":[{"participantId":"p","source":"camera","quality":"good","kbps":1,"loss":0,"jitterMs":0,"frozen":0,"height":-1}]}""", ErrorCode.BadMessage, "height?")]
    [InlineData("""{"type":"quality","sendLoss":0,"receiveLoss":0.5,"sendKbps":1,"receiveKbps":2,"tracks":[{"participantId":"p","source":"camera","quality":"good","kbps":1,"loss":0,"jitterMs":0,"frozen":0},{"participantId":"p","source":"camera","quality":"good","kbps":1,"loss":0,"jitterMs":0,"frozen":0}]}""", ErrorCode.BadMessage, "once")]
    [InlineData("""{"type":"join","participantId":"p","capabilities":{"e2ee":true}}""", ErrorCode.BadMessage, "identityKey")]
    [InlineData("""{"type":"join","participantId":"p","capabilities":{"e2ee":true},"identityKey":"BAAA"}""", ErrorCode.BadMessage, "identityKey")]
    [InlineData("""{"type":"join","participantId":"p","capabilities":{"e2ee":true},"identityKey":7}""", ErrorCode.BadMessage, "identityKey")]
    [InlineData("""{"type":"e2ee-keys"}""", ErrorCode.BadMessage, "keys")]
    [InlineData("""{"type":"e2ee-keys","keys":[]}""", ErrorCode.BadMessage, "keys")]
    [InlineData("""{"type":"e2ee-keys","keys":{}}""", ErrorCode.BadMessage, "keys")]
    [InlineData("""{"type":"e2ee-keys","keys":[7]}""", ErrorCode.BadMessage, "payload")]
    [InlineData("""{"type":"e2ee-keys","keys":[{"to":"p"}]}""", ErrorCode.BadMessage, "payload")]
    [InlineData("""{"type":"e2ee-keys","keys":[{"to":"p","payload":"+/=="}]}""", ErrorCode.BadMessage, "base64url")]
    [InlineData("""{"type":"e2ee-keys","keys":[{"to":"p","payload":""}]}""", ErrorCode.BadMessage, "base64url")]
    [InlineData("""{"type":"e2ee-keys","keys":[{"to":"p/1","payload":"AQ"}]}""", ErrorCode.BadMessage, "payload")]
    [InlineData("""{"type":"e2ee-keys","keys":[{"to":"p","payload":"AQ"},{"to":"p","payload":"AQ"}]}""", ErrorCode.BadMessage, "different participants")]
    [InlineData("""{"type":"view"}""", ErrorCode.BadMessage, "tracks")]
    [InlineData("""{"type":"view","tracks":{}}""", ErrorCode.BadMessage, "tracks")]
    [InlineData("""{"type":"view","tracks":[7]}""", ErrorCode.BadMessage, "participantId")]
    [InlineData("""{"type":"view","tracks":[{"participantId":"p","source":"microphone","width":1,"height":1}]}""", ErrorCode.BadMessage, "camera or screen")]
    [InlineData("""{"type":"view","tracks":[{"participantId":"p/1","source":"camera","width":1,"height":1}]}""", ErrorCode.BadMessage, "participantId")]
    [InlineData("""{"type":"view","tracks":[{"participantId":"p","source":"camera","width":0,"height":1}]}""", ErrorCode.BadMessage, "from 1 to 16384")]
    [InlineData("""{"type":"view","tracks":[{"participantId":"p","source":"camera","width":1,"height":16385}]}""", ErrorCode.BadMessage, "from 1 to 16384")]
    [InlineData("""{"type":"view","tracks":[{"participantId":"p","source":"camera","width":1.5,"height":1}]}""", ErrorCode.BadMessage, "whole numbers")]
    [InlineData("""{"type":"view","tracks":[{"participantId":"p","source":"camera","width":"1","height":1}]}""", ErrorCode.BadMessage, "whole numbers")]
    [InlineData("""{"type":"view","tracks":[{"participantId":"p","source":"camera","width":1,"height":1,"pinned":"yes"}]}""", ErrorCode.BadMessage, "true or false")]
    [InlineData("""{"type":"chat","message":""}""", ErrorCode.BadMessage, "message")]
    [InlineData("""{"type":"chat","message":"  \n "}""", ErrorCode.BadMessage, "message")]
    [InlineData("""{"type":"chat","message":"nul \u0000"}""", ErrorCode.BadMessage, "message")]
    [InlineData("""{"type":"chat","message":"half \ud800"}""", ErrorCode.BadMessage, "Unicode")]
    public void TryParse_InvalidMessage_ReturnsSpecificError(string json, ErrorCode code, string expected)
    {
        Assert.False(ClientMessage.TryParse(Encoding.UTF8.GetBytes(json), out var message, out var error));
        Assert.Null(message);
        Assert.Equal(code, error.Code);
        Assert.Contains(expected, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void TryParse_View_ReadsTracks()
    {
        var json = """{"type":"view","tracks":[{"participantId":"p-1","source":"camera","width":640,"height":360},{"participantId":"p-2","source":"screen","width":1,"height":16384,"extra":1}]}""";

        Assert.True(ClientMessage.TryParse(Encoding.UTF8.GetBytes(json), out var message, out _));

        Assert.Equal([new ViewedTrack("p-1", TrackSource.Camera, 640, 360), new ViewedTrack("p-2", TrackSource.Screen, 1, 16_384)], Assert.IsType<ViewMessage>(message).Tracks);
    }

    [Theory]
    [InlineData("""["p-1","p-2"]""", "p-1 p-2")]
    [InlineData("[]", "")]
    [InlineData("null", "")]
    public void TryParse_ViewWithPinned_ReadsParticipants(string pinned, string expected)
    {
        Assert.True(ClientMessage.TryParse(Encoding.UTF8.GetBytes($$"""{"type":"view","tracks":[],"pinned":{{pinned}}}"""), out var message, out _));
        Assert.Equal(expected, string.Join(' ', Assert.IsType<ViewMessage>(message).Pinned));
    }

    [Theory]
    [InlineData("\"p-1\"")]
    [InlineData("[1]")]
    [InlineData("[null]")]
    [InlineData("[\"\"]")]
    [InlineData("[\"../rooms\"]")]
    public void TryParse_ViewWithInvalidPinned_ReturnsBadMessage(string pinned)
    {
        Assert.False(ClientMessage.TryParse(Encoding.UTF8.GetBytes($$"""{"type":"view","tracks":[],"pinned":{{pinned}}}"""), out _, out var error));
        Assert.Equal(ErrorCode.BadMessage, error.Code);
        Assert.Contains("pinned", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(200, true)]
    [InlineData(201, false)]
    public void TryParse_PinnedParticipants_EnforcesLimit(int count, bool good)
    {
        var ids = string.Join(',', Enumerable.Range(0, count).Select(i => $"\"p-{i}\""));
        Assert.Equal(good, ClientMessage.TryParse(Encoding.UTF8.GetBytes($$"""{"type":"view","tracks":[],"pinned":[{{ids}}]}"""), out _, out _));
    }

    [Fact]
    public void TryParse_Quality_ReadsLineAndTracks()
    {
        var json = """
            {"type":"quality","rttMs":40.5,"sendLoss":0,"receiveLoss":0.02,"sendKbps":900,"receiveKbps":1500,"firstFrameMs":620,"tracks":[
              {"participantId":"p-1","source":"camera","quality":"weak","kbps":700,"loss":0.02,"jitterMs":12,"frozen":0.1,"fps":29.5,"height":360,"extra":true},
              {"participantId":"p-1","source":"microphone","quality":"good","kbps":32,"loss":0,"jitterMs":3,"frozen":0}]}
            """;

        Assert.True(ClientMessage.TryParse(Encoding.UTF8.GetBytes(json), out var message, out _));

        var report = Assert.IsType<QualityMessage>(message);
        Assert.Equal((40.5, 0, 0.02, 900, 1500, 620), (report.RttMs, report.SendLoss, report.ReceiveLoss, report.SendKbps, report.ReceiveKbps, report.FirstFrameMs));
        Assert.Equal(
            [
                new ReportedTrack("p-1", TrackSource.Camera, ReceivedQuality.Weak, 700, 0.02, 12, 0.1, 29.5, 360),
                new ReportedTrack("p-1", TrackSource.Microphone, ReceivedQuality.Good, 32, 0, 3, 0, null, null),
            ],
            report.Tracks);
    }

    [Theory]
    [InlineData("", null, null, null)]
    [InlineData(""","path":null,"pathReason":null,"gatheringMs":null""", null, null, null)]
    [InlineData(""","path":"udp","pathReason":"direct-unanswered" """, PathKind.Udp, null, null)]
    [InlineData(""","pathReason":"udp-unanswered" """, null, null, null)]
    [InlineData(""","path":"p2p","gatheringMs":12.5""", PathKind.P2p, null, 12.5)]
    [InlineData(""","path":"relay-tls","pathReason":"direct-unanswered" """, PathKind.RelayTls, PathReason.DirectUnanswered, null)]
    public void TryParse_QualityWithOrWithoutPath_ReadsIt(string fields, PathKind? path, PathReason? reason, double? gathering)
    {
        var json = $$"""{"type":"quality","sendLoss":0,"receiveLoss":0,"sendKbps":0,"receiveKbps":0,"tracks":[]{{fields}}}""";

        Assert.True(ClientMessage.TryParse(Encoding.UTF8.GetBytes(json), out var message, out _));

        var report = Assert.IsType<QualityMessage>(message);
        Assert.Equal((path, reason, gathering), (report.Path, report.PathReason, report.GatheringMs));
    }

    [Theory]
    [InlineData("null", 0)]
    [InlineData("[]", 0)]
    [InlineData("""[{"path":"udp","reason":"unanswered","count":1},{"path":"udp","reason":"refused","count":64},{"path":"relay-tls","reason":"quota","count":2}]""", 3)]
    [InlineData("""[{"path":"udp","reason":"unanswered","count":1},{"path":"udp","reason":"unanswered","count":1}]""", null)]
    [InlineData("""[{"path":"tunnel","reason":"unreachable","count":1}]""", null)]
    [InlineData("""[{"path":"none","reason":"unanswered","count":1}]""", null)]
    [InlineData("""[{"path":"udp","reason":"denied","count":1}]""", null)]
    [InlineData("""[{"path":"udp","reason":"bad luck","count":1}]""", null)]
    [InlineData("""[{"path":"udp","reason":"unanswered","count":0}]""", null)]
    [InlineData("""[{"path":"udp","reason":"unanswered","count":65}]""", null)]
    [InlineData("""[{"path":"udp","reason":"unanswered","count":1.5}]""", null)]
    [InlineData("""[{"path":"udp","reason":"unanswered"}]""", null)]
    [InlineData("[1]", null)]
    [InlineData("{}", null)]
    public void TryParse_PathFailures_ReadsThemOrNamesTheField(string failures, int? count)
    {
        var json = $$"""{"type":"quality","sendLoss":0,"receiveLoss":0,"sendKbps":0,"receiveKbps":0,"tracks":[],"pathFailures":{{failures}}}""";

        var isGood = ClientMessage.TryParse(Encoding.UTF8.GetBytes(json), out var message, out var error);

        Assert.Equal(count, (message as QualityMessage)?.PathFailures.Count);
        Assert.True(isGood || error!.Message.Contains("pathFailures", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(64, true)]
    [InlineData(65, false)]
    public void TryParse_ReportedTracks_EnforcesLimit(int count, bool good)
    {
        var tracks = string.Join(',', Enumerable.Range(0, count).Select(i => $$"""{"participantId":"p-{{i}}","source":"camera","quality":"good","kbps":1,"loss":0,"jitterMs":0,"frozen":0}"""));
        Assert.Equal(good, ClientMessage.TryParse(Encoding.UTF8.GetBytes($$"""{"type":"quality","sendLoss":0,"receiveLoss":0,"sendKbps":0,"receiveKbps":0,"tracks":[{{tracks}}]}"""), out _, out _));
    }

    [Theory]
    [InlineData(0, true)]
    [InlineData(200, true)]
    [InlineData(201, false)]
    public void TryParse_ViewedTracks_EnforcesLimit(int count, bool good)
    {
        var tracks = string.Join(',', Enumerable.Range(0, count).Select(i => $$"""{"participantId":"p-{{i}}","source":"camera","width":160,"height":90}"""));
        Assert.Equal(good, ClientMessage.TryParse(Encoding.UTF8.GetBytes($$"""{"type":"view","tracks":[{{tracks}}]}"""), out _, out _));
    }

    [Fact]
    public void TryParse_OversizedMessage_ReturnsTooLarge()
    {
        var json = Encoding.UTF8.GetBytes($$"""{"type":"leave","x":"{{new string('a', ProtocolLimits.MaxMessageBytes)}}"}""");
        Assert.False(ClientMessage.TryParse(json, out _, out var error));
        Assert.Equal(ErrorCode.TooLarge, error.Code);
    }

    [Theory]
    [InlineData(4_000, true)]
    [InlineData(4_001, false)]
    public void TryParse_ChatLength_EnforcesLimit(int length, bool good) =>
        Assert.Equal(good, ClientMessage.TryParse(Encoding.UTF8.GetBytes($$"""{"type":"chat","message":"{{new string('x', length)}}"}"""), out _, out _));

    [Fact]
    public void TryParse_InvalidUtf8_ReturnsBadMessage()
    {
        byte[] json = [.. """{"type":"chat","message":"""u8, (byte)'"', 0xC3, 0x28, (byte)'"', (byte)'}'];
        Assert.False(ClientMessage.TryParse(json, out _, out var error));
        Assert.Equal(ErrorCode.BadMessage, error.Code);
    }
}
