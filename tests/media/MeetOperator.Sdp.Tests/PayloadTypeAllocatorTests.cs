using MeetOperator.Sdp.Negotiation;

namespace MeetOperator.Sdp.Tests;

public sealed class PayloadTypeAllocatorTests
{
    [Fact]
    public void Allocate_SameCodecWithOtherNumbers_ReturnsSamePayloadType()
    {
        var allocator = new PayloadTypeAllocator();

        var first = allocator.Allocate(Sample.Vp8);
        var second = allocator.Allocate(Sample.Vp8 with { PayloadType = 120, RtxPayloadType = 124, Parameters = "max-fs=12288" });

        Assert.Same(first, second);
        Assert.Equal((96, 97), (first!.PayloadType, first.RtxPayloadType));
    }

    [Fact]
    public void Allocate_TwoH264Profiles_ReturnsDifferentPayloadTypes()
    {
        var allocator = new PayloadTypeAllocator();
        RtpCodec H264(string profile) => new() { PayloadType = 1, Name = "H264", ClockRate = 90000, Parameters = $"packetization-mode=1;profile-level-id={profile}" };

        var baseline = allocator.Allocate(H264("42e01f"))!;
        var main = allocator.Allocate(H264("4d001f"))!;

        Assert.NotEqual(baseline.PayloadType, main.PayloadType);
        Assert.Equal(4, new[] { baseline.PayloadType, baseline.RtxPayloadType, main.PayloadType, main.RtxPayloadType }.Distinct().Count());
    }

    /// <summary>A participant who publishes with many different profiles must not use up the payload types of the subscribers.</summary>
    [Fact]
    public void Allocate_EveryH264Profile_LeavesRoomForOtherCodecs()
    {
        var allocator = new PayloadTypeAllocator();
        var allocated = new HashSet<int>();
        for (var id = 0; id <= 0xFFFF; id++)
        {
            for (var mode = 0; mode < 3; mode++)
            {
                var parameters = $"packetization-mode={mode};profile-level-id={id:x4}{id % 256:x2};x={id}";
                if (allocator.Allocate(new RtpCodec { PayloadType = 1, Name = "H264", ClockRate = 90000, Parameters = parameters }) is { } codec)
                {
                    allocated.UnionWith([codec.PayloadType, codec.RtxPayloadType!.Value]);
                }
            }
        }

        Assert.Equal(6 * 2 * 2, allocated.Count);
        foreach (var name in new[] { "VP8", "VP9", "AV1", "opus" })
        {
            Assert.NotNull(allocator.Allocate(new RtpCodec { PayloadType = 1, Name = name, ClockRate = 90000 }));
        }
    }

    [Theory]
    [InlineData("42c01f", "42e01f")]
    [InlineData("42e034", "42e01f")]
    [InlineData("42001f", "42001f")]
    [InlineData("64001f", "64001f")]
    [InlineData("640c2a", "640c1f")]
    public void Allocate_EquivalentH264Profiles_ReturnsCanonicalProfile(string published, string offered)
    {
        var codec = new PayloadTypeAllocator().Allocate(
            new RtpCodec { PayloadType = 1, Name = "H264", ClockRate = 90000, Parameters = $"packetization-mode=1;profile-level-id={published}" });

        Assert.Equal(offered, codec!.Parameter("profile-level-id"));
    }

    [Fact]
    public void Allocate_StereoAndMono_ReturnsDifferentPayloadTypes()
    {
        var allocator = new PayloadTypeAllocator();
        var mono = allocator.Allocate(Sample.Opus)!;
        var stereo = allocator.Allocate(Sample.Opus with { Parameters = "minptime=10;sprop-stereo=1" })!;

        Assert.NotEqual(mono.PayloadType, stereo.PayloadType);
        Assert.Equal(("1", "1"), (stereo.Parameter("stereo"), stereo.Parameter("sprop-stereo")));
        Assert.Null(mono.Parameter("stereo"));
    }

    [Fact]
    public void Allocate_UnsupportedCodec_ReturnsNull()
    {
        Assert.Null(new PayloadTypeAllocator().Allocate(new RtpCodec { PayloadType = 1, Name = "H264", ClockRate = 90000, Parameters = "profile-level-id=zzzzzz" }));
        Assert.Null(new PayloadTypeAllocator().Allocate(new RtpCodec { PayloadType = 1, Name = "VP7", ClockRate = 90000 }));
    }
}
