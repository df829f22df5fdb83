using MeetOperator.Sdp.Negotiation;

namespace MeetOperator.Sdp.Tests;

public sealed class PayloadTypeAllocatorTests
{
    [Fact]
    public void Allocate_SameCodecUnderOtherNumbers_GivesOnePayloadType()
    {
        var allocator = new PayloadTypeAllocator();

        var first = allocator.Allocate(Sample.Vp8);
        var second = allocator.Allocate(Sample.Vp8 with { PayloadType = 120, RtxPayloadType = 124, Parameters = "max-fs=12288" });

        Assert.Same(first, second);
        Assert.Equal((96, 97), (first!.PayloadType, first.RtxPayloadType));
    }

    [Fact]
    public void Allocate_H264OfTwoProfiles_GivesDifferentPayloadTypes()
    {
        var allocator = new PayloadTypeAllocator();
        RtpCodec H264(string profile) => new() { PayloadType = 1, Name = "H264", ClockRate = 90000, Parameters = $"packetization-mode=1;profile-level-id={profile}" };

        var baseline = allocator.Allocate(H264("42e01f"))!;
        var main = allocator.Allocate(H264("4d001f"))!;

        Assert.NotEqual(baseline.PayloadType, main.PayloadType);
        Assert.Equal(4, new[] { baseline.PayloadType, baseline.RtxPayloadType, main.PayloadType, main.RtxPayloadType }.Distinct().Count());
    }

    [Fact]
    public void Allocate_AllTaken_GivesNull()
    {
        var allocator = new PayloadTypeAllocator();
        RtpCodec? last = null;
        for (var i = 0; i < 64; i++)
        {
            last = allocator.Allocate(new RtpCodec { PayloadType = 1, Name = "H264", ClockRate = 90000, Parameters = $"profile-level-id={i:x6}" });
        }

        Assert.Null(last);
    }
}
