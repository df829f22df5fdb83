using MeetOperator.Rtc.Testing;
using MeetOperator.Rtp.HeaderExtensions;

namespace MeetOperator.Rtp.Tests.HeaderExtensions;

public sealed class DependencyStructureTests
{
    [Theory]
    [InlineData(1, 1, false)]
    [InlineData(1, 2, false)]
    [InlineData(1, 3, false)]
    [InlineData(2, 3, true)]
    [InlineData(3, 3, true)]
    [InlineData(3, 3, false)]
    public void TryRead_FramesOfEncoder_AreDescribedAsEncoded(int spatialLayers, int temporalLayers, bool isKeyOnly)
    {
        var encoder = new ScalableEncoder(spatialLayers, temporalLayers, isKeyOnly, firstFrame: 65_530);
        var structure = new DependencyStructure();
        var number = 65_529L;
        for (var picture = 0; picture < 40; picture++)
        {
            foreach (var frame in encoder.Encode(isKey: picture % 9 == 0))
            {
                number++;
                Assert.True(structure.TryRead(frame.Describe(isFirst: true, isLast: false), number, out var first));
                Assert.True(structure.TryRead(frame.Describe(isFirst: false, isLast: true), number, out var last));

                Assert.Equal(first, last);
                Assert.Equal((frame.Spatial, frame.Temporal), (first.Spatial, first.Temporal));
                Assert.Equal(frame.DependsOn.Aggregate(0UL, (mask, distance) => mask | (1UL << (distance - 1))), first.DependsOn);
                Assert.True(first.Targets.Contains(LayerTargets.Of(frame.Spatial, frame.Temporal)));
                Assert.Equal(frame.Temporal == 0, first.Targets.Contains(LayerTargets.Of(frame.Spatial, 0)));
                Assert.Equal(frame.IsKey || !isKeyOnly || frame.Spatial == spatialLayers - 1, first.Targets.Contains(LayerTargets.Of(spatialLayers - 1, temporalLayers - 1)));
                Assert.Equal(frame.IsKey && frame.Spatial == 0, !first.Switches.IsEmpty && first.DependsOn == 0);
            }
        }

        Assert.Equal(LayerTargets.UpTo(LayerTargets.Of(spatialLayers - 1, temporalLayers - 1)), structure.Active);
        Assert.Equal((1280, 720), structure.SizeOf(spatialLayers - 1));
    }

    [Fact]
    public void TryRead_ActiveTargets_AreThoseOfTheKeyFrame()
    {
        var encoder = new ScalableEncoder(3, 3, isKeyOnly: true) { SpatialLimit = 2 };
        var structure = new DependencyStructure();
        foreach (var frame in encoder.Encode(isKey: true).Concat(encoder.Encode(isKey: false)))
        {
            Assert.True(structure.TryRead(frame.Describe(true, true), frame.Number, out var read));
            Assert.Equal(frame.DependsOn.Aggregate(0UL, (mask, distance) => mask | (1UL << (distance - 1))), read.DependsOn);
        }

        Assert.Equal(LayerTargets.UpTo(LayerTargets.Of(1, 2)), structure.Active);
    }

    /// <summary>What clients on tunnels send: a key frame of 640×360 pixels, and the frame after it (packets.test.ts has the same bytes).</summary>
    [Fact]
    public void TryRead_StreamWithOneLayer_EachFrameNeedsTheOneBefore()
    {
        var structure = new DependencyStructure();

        Assert.True(structure.TryRead([0x80, 0, 7, 0x80, 0x00, 0x3A, 0x41, 0x01, 0x81, 0x3F, 0x80, 0xB3, 0x80], 7, out var key));
        Assert.True(structure.TryRead([0xC1, 0, 8], 8, out var next));

        Assert.Equal((0UL, 1UL), (key.DependsOn, next.DependsOn));
        Assert.Equal((640, 360), structure.SizeOf(0));
        Assert.Equal(LayerTargets.UpTo(LayerTargets.Of(0, 0)), structure.Active);
    }

    [Fact]
    public void TryRead_FrameBeforeItsStructure_ReturnsFalse()
    {
        var frames = new ScalableEncoder(1, 3, isKeyOnly: false);
        var key = frames.Encode(isKey: true)[0];
        var next = frames.Encode(isKey: false)[0];
        var structure = new DependencyStructure();

        Assert.False(structure.TryRead(next.Describe(true, true), 1, out _));
        Assert.True(structure.TryRead(key.Describe(true, true), 0, out _));
        Assert.True(structure.TryRead(next.Describe(true, true), 1, out _));
    }

    [Fact]
    public void TryRead_LateKeyFrameOfPreviousStructure_KeepsNewStructure()
    {
        var frames = new ScalableEncoder(2, 2, isKeyOnly: true);
        var old = frames.Encode(isKey: true)[0].Describe(true, true);
        var current = frames.Encode(isKey: true)[0].Describe(true, true);
        var next = frames.Encode(isKey: false)[1].Describe(true, true);
        var structure = new DependencyStructure();
        Assert.True(structure.TryRead(current, 2, out _));

        Assert.False(structure.TryRead(old, 0, out _));
        Assert.True(structure.TryRead(next, 5, out var frame));
        Assert.Equal((1, 1), (frame.Spatial, frame.Temporal));
    }

    /// <summary>More than half the range of a 16-bit number apart.</summary>
    [Fact]
    public void TryRead_KeyFrameAfterManyFrames_ReplacesStructure()
    {
        var frames = new ScalableEncoder(1, 3, isKeyOnly: false);
        var structure = new DependencyStructure();
        Assert.True(structure.TryRead(frames.Encode(isKey: true)[0].Describe(true, true), 0, out _));
        Assert.True(structure.TryRead(frames.Encode(isKey: true)[0].Describe(true, true), 40_000, out _));

        Assert.True(structure.TryRead(frames.Encode(isKey: false)[0].Describe(true, true), 40_001, out var frame));
        Assert.Equal(2, frame.Temporal);
    }

    [Fact]
    public void TryRead_LateActiveTargets_KeepNewerOnes()
    {
        var encoder = new ScalableEncoder(3, 1, isKeyOnly: true);
        var structure = new DependencyStructure();
        Assert.True(structure.TryRead(encoder.Encode(isKey: true)[0].Describe(true, true), 0, out _));
        encoder.SpatialLimit = 1;
        var one = encoder.Encode(isKey: true)[0].Describe(true, true);
        encoder.SpatialLimit = 2;
        var two = encoder.Encode(isKey: true)[0].Describe(true, true);
        Assert.True(structure.TryRead(two, 6, out _));
        Assert.False(structure.TryRead(one, 3, out _));

        Assert.Equal(LayerTargets.UpTo(LayerTargets.Of(1, 0)), structure.Active);
    }
}
