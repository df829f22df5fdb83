using MeetOperator.Contracts.SfuPools;
using MeetOperator.Operator.Resources;

namespace MeetOperator.Operator.Tests.Resources;

public sealed class MediaNodeImageTests
{
    [Theory]
    [InlineData(null, null, "host:5000/media:1", "host:5000/media:1")]
    [InlineData(null, "2", "host:5000/media:1", "host:5000/media:2")]
    [InlineData(null, "2", "host:5000/media", "host:5000/media:2")]
    [InlineData(null, "2", "media@sha256:abc", "media:2")]
    [InlineData("own/image:7", "2", "media:1", "own/image:7")]
    public void Resolve_PoolAndOperatorImage_PrefersPool(string? image, string? version, string operatorImage, string expected) =>
        Assert.Equal(expected, MediaNodeImage.Resolve(new SfuPoolSpec { Image = image, Version = version }, operatorImage));

    [Fact]
    public void Hash_ScaledOrCordoned_IsUnchanged()
    {
        var pool = new SfuPoolSpec { Replicas = 1, Drain = new SfuDrain { DeadlineSeconds = 1 } };

        Assert.Equal(TemplateHash.Of(pool, "m:1"), TemplateHash.Of(pool with { Replicas = 9, Drain = new SfuDrain(), Capacity = new SfuCapacity { MaxMeetings = 3 } }, "m:1"));
    }

    [Fact]
    public void Hash_AnotherImageOrTemplate_Differs()
    {
        var pool = new SfuPoolSpec();

        Assert.NotEqual(TemplateHash.Of(pool, "m:1"), TemplateHash.Of(pool, "m:2"));
        Assert.NotEqual(TemplateHash.Of(pool, "m:1"), TemplateHash.Of(pool with { Template = new MediaNodeTemplate { PriorityClassName = "high" } }, "m:1"));
        Assert.NotEqual(TemplateHash.Of(pool, "m:1"), TemplateHash.Of(pool with { Exposure = new SfuExposure { UdpPorts = 2 } }, "m:1"));
    }

    [Fact]
    public void Name_LongPoolName_FitsLabel() => Assert.InRange(NodeName.Create(new string('p', 200), new Random(1)).Length, 6, 63);
}
