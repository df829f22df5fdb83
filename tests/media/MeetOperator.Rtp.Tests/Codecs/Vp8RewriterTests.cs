using MeetOperator.Rtp.Codecs;

namespace MeetOperator.Rtp.Tests.Codecs;

public sealed class Vp8RewriterTests
{
    private Vp8Rewriter _rewriter;

    [Fact]
    public void Apply_SingleSource_ChangesNothing()
    {
        for (var i = 0x7FF0; i < 0x8010; i++)
        {
            Assert.Equal((i & 0x7FFF, (byte)i), Send(i, i));
        }
    }

    [Fact]
    public void Switch_NewSource_ContinuesNumbers()
    {
        Send(100, 10);
        Send(101, 11);

        Switch(30_000, 200);

        Assert.Equal((102, 12), Send(30_000, 200));
        Assert.Equal((103, 12), Send(30_001, 200));
        Assert.Equal((104, 13), Send(30_002, 201));
    }

    [Fact]
    public void Drop_SkippedFrames_LeavesNoGap()
    {
        Send(100, 10);
        Drop(101, 10);
        Assert.Equal((101, 11), Send(102, 11));
        Drop(103, 11);
        Drop(104, 11);
        Assert.Equal((102, 12), Send(105, 12));
    }

    [Fact]
    public void Switch_AfterLatePacket_ContinuesAfterHighestNumber()
    {
        Send(100, 10);
        Send(101, 11);
        Send(100, 10);

        Switch(5, 5);

        Assert.Equal((102, 12), Send(5, 5));
    }

    [Fact]
    public void Apply_ShortPictureIds_WrapsAtSevenBits()
    {
        var payload = Hex.Bytes("90 80 7f 01");
        Assert.True(Vp8Descriptor.TryParse(payload, out var descriptor));
        _rewriter.Apply(payload, descriptor);
        var next = Hex.Bytes("90 80 05 01");
        Assert.True(Vp8Descriptor.TryParse(next, out descriptor));
        _rewriter.Switch(descriptor);
        _rewriter.Apply(next, descriptor);

        Assert.Equal(Hex.Bytes("90 80 00 01"), next);
    }

    private static byte[] Payload(int pictureId, int tl0) =>
        [0x90, 0xC0, (byte)(0x80 | ((pictureId >> 8) & 0x7F)), (byte)pictureId, (byte)tl0, 0x01];

    private (int PictureId, byte Tl0) Send(int pictureId, int tl0)
    {
        var payload = Payload(pictureId, tl0);
        Assert.True(Vp8Descriptor.TryParse(payload, out var descriptor));
        _rewriter.Apply(payload, descriptor);
        Assert.True(Vp8Descriptor.TryParse(payload, out var written));
        return (written.PictureId, written.Tl0PictureIndex);
    }

    private void Switch(int pictureId, int tl0)
    {
        Assert.True(Vp8Descriptor.TryParse(Payload(pictureId, tl0), out var descriptor));
        _rewriter.Switch(descriptor);
    }

    private void Drop(int pictureId, int tl0)
    {
        Assert.True(Vp8Descriptor.TryParse(Payload(pictureId, tl0), out var descriptor));
        _rewriter.Drop(descriptor);
    }
}
