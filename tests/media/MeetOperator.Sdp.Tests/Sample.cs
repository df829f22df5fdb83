using MeetOperator.Sdp.Negotiation;

namespace MeetOperator.Sdp.Tests;

internal static class Sample
{
    public static readonly LocalTransport Local = new()
    {
        Ufrag = "nodeufra",
        Password = "nodepasswordnodepassword",
        Fingerprint = "AA:BB",
        Candidates = [new IceCandidate("192.0.2.1", 10000), new IceCandidate("127.0.0.1", 10000)],
    };

    public static readonly RtpCodec Vp8 = new() { PayloadType = 96, RtxPayloadType = 97, Name = "VP8", ClockRate = 90000 };

    public static readonly RtpCodec Opus = new() { PayloadType = 111, Name = "opus", ClockRate = 48000, Channels = 2 };

    public static OfferedSection Section(string mid, RtpCodec codec, uint? ssrc) => new()
    {
        Mid = mid,
        Kind = codec.Is("opus") ? "audio" : "video",
        Codecs = [codec],
        Track = ssrc is null ? null : new OfferedTrack
        {
            StreamId = "alice",
            TrackId = "camera-1",
            Cname = "alice",
            Ssrcs = new SsrcPair(ssrc.Value, codec.RtxPayloadType is null ? null : ssrc + 1),
        },
    };

    public static PublishAnswer Answer(SessionDescription offer, params string[] preference)
    {
        Assert.True(PublishAnswer.TryBuild(offer, preference, Local, 7, 1, out var answer, out var error), error?.ToString());
        return answer;
    }

    public static SessionDescription Parse(string text)
    {
        Assert.True(SessionDescription.TryParse(text, out var description, out var error), error?.ToString());
        return description;
    }
}
