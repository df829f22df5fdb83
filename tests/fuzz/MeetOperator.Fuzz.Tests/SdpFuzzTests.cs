using System.Text;
using MeetOperator.Sdp;
using MeetOperator.Sdp.Negotiation;

namespace MeetOperator.Fuzz.Tests;

/// <summary>Offers and answers of clients. A parsed description must be writable, and the result must be parsable.</summary>
public sealed class SdpFuzzTests
{
    /// <summary>A parsed description takes tens of times the memory of its text, because it consists of objects and strings.</summary>
    private const long MaximumBytes = 8 * 1024 * 1024;

    private static readonly LocalTransport Local = new()
    {
        Ufrag = "nodeufra",
        Password = "nodepasswordnodepassword",
        Fingerprint = "AA:BB",
        Candidates = [new IceCandidate("192.0.2.1", 10000)],
    };

    [Fact]
    public void Offer_AnyText_IsAnsweredOrRejectedWithAReason() => FuzzLoop.Run("sdp", Check, cost: 10, maximumBytes: MaximumBytes);

    private static void Check(ReadOnlySpan<byte> input)
    {
        var good = SessionDescription.TryParse(Encoding.UTF8.GetString(input), out var offer, out var error);
        Assert.Equal(good, error is null);
        if (!good)
        {
            Assert.NotEmpty(error!.ToString());
            return;
        }

        Assert.True(SessionDescription.TryParse(offer!.ToString(), out var again, out error), error?.ToString());
        Assert.Equal(offer.Sections.Count, again.Sections.Count);
        Assert.Equal(offer.ToString(), again.ToString());

        if (RemoteTransport.TryRead(offer, isAnswer: false, out var remote, out error))
        {
            Assert.NotEmpty(remote.Ufrag);
        }

        if (PublishAnswer.TryBuild(offer, ["VP8"], Local, 7, 1, out var answer, out error))
        {
            Assert.Equal(offer.Sections.Count, answer.Description.Sections.Count);
            Assert.True(SessionDescription.TryParse(answer.Description.ToString(), out _, out error), error?.ToString());
            Allocate(answer);
            var tracks = answer.Sections.Where(s => s is { IsActive: true, Codec: not null }).Select(s => new PlayableTrack
            {
                Kind = s.Kind,
                Codec = s.Codec!,
                Track = new OfferedTrack { StreamId = "s", TrackId = "t", Cname = "c", Ssrcs = new SsrcPair(1, 2) },
            }).ToList();
            if (PlayAnswer.TryBuild(offer, tracks, Local, 7, out var played, out _))
            {
                Assert.True(SessionDescription.TryParse(played.Description.ToString(), out _, out error), error?.ToString());
            }
        }
        else
        {
            Assert.NotEmpty(error!.ToString());
        }
    }

    /// <summary>Every published codec can be offered to subscribers with a payload type that RTP allows.</summary>
    private static void Allocate(PublishAnswer answer)
    {
        var allocator = new PayloadTypeAllocator();
        foreach (var section in answer.Sections.Where(s => s.Codec is not null))
        {
            var codec = allocator.Allocate(section.Codec!);
            Assert.NotNull(codec);
            Assert.InRange(codec.PayloadType, 35, 127);
        }
    }
}
