using MeetOperator.Rtp.Codecs;
using MeetOperator.Sfu.Tracks;

namespace MeetOperator.Sfu.Tests;

public sealed class MutedFramesTests
{
    private MutedFrames _frames;

    [Fact]
    public void CanRepeat_NeverMuted_IsFalse()
    {
        _frames.OnPacket(0);
        _frames.OnPacket(960);
        Assert.False(_frames.CanRepeat);
    }

    [Theory]
    [InlineData(1_000)]
    [InlineData(uint.MaxValue - 500)] // the timestamp wraps
    public void CanRepeat_AfterUnmute_LastsAsLongAsAFrameCanBeRepeated(uint first)
    {
        _frames.OnPacket(first - 960);
        _frames.OnMute();
        _frames.OnPacket(first);
        Assert.True(_frames.CanRepeat);

        _frames.OnPacket(first + RedPayload.MaxTimestampOffset);
        Assert.True(_frames.CanRepeat);

        _frames.OnPacket(first + RedPayload.MaxTimestampOffset + 1);
        Assert.False(_frames.CanRepeat);
    }
}
