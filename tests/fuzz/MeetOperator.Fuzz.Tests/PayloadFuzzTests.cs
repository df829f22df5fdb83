using MeetOperator.Rtc.Testing;
using MeetOperator.Rtp.Codecs;
using MeetOperator.Rtp.HeaderExtensions;
using MeetOperator.Rtp.Packets;

namespace MeetOperator.Fuzz.Tests;

public sealed class PayloadFuzzTests
{
    [Fact]
    public void Vp8_AnyBytes_AreParsedOrRejected() => FuzzLoop.Run("vp8", input =>
    {
        if (Vp8Descriptor.TryParse(input, out var descriptor))
        {
            Assert.InRange(descriptor.Length, 1, input.Length);
        }
    });

    [Fact]
    public void Vp9_AnyBytes_AreParsedOrRejected() => FuzzLoop.Run("vp9", input =>
    {
        if (Vp9Descriptor.TryParse(input, out var descriptor))
        {
            Assert.InRange(descriptor.Length, 1, input.Length);
            Assert.InRange(descriptor.AnnouncedSpatialLayers, 0, 8);
        }
    });

    [Fact]
    public void H264_AnyBytes_AreParsedOrRejected() => FuzzLoop.Run("h264", input => H264Payload.TryParse(input, out _));

    [Fact]
    public void H264ParameterSet_AnyBytes_HasSizeOfSomeLevelOrIsRejected() => FuzzLoop.Run("h264-parameter-set", input =>
    {
        if (H264SequenceParameterSet.TryParse(input, out var set))
        {
            Assert.InRange(set.Width, 1, 16_880);
            Assert.InRange(set.Height, 1, 16_880);
        }
    });

    [Fact]
    public void Av1_AnyBytes_AreParsedOrRejected() => FuzzLoop.Run("av1", input => Av1AggregationHeader.TryParse(input, out _));

    [Theory]
    [InlineData("vp8", VideoCodec.Vp8)]
    [InlineData("vp9", VideoCodec.Vp9)]
    [InlineData("h264", VideoCodec.H264)]
    [InlineData("av1", VideoCodec.Av1)]
    public void KeyFrameDetection_AnyBytes_AllocatesNothing(string corpus, VideoCodec codec) =>
        FuzzLoop.Run(corpus, input => KeyFrame.StartsIn(codec, input), maximumBytes: 0);

    [Theory]
    [InlineData("vp8", VideoCodec.Vp8)]
    [InlineData("vp9", VideoCodec.Vp9)]
    public void PictureNumbers_AnyBytes_AreReadAndWrittenInside(string corpus, VideoCodec codec) =>
        FuzzLoop.Run(corpus, input => PictureNumbers.Read(codec, input).Write(input.ToArray(), 0x7FFF, 0xFF));

    [Fact]
    public void LayersAllocation_AnyBytes_AreParsedOrRejected() => FuzzLoop.Run("layers-allocation", input =>
    {
        if (VideoLayersAllocation.TryParse(input, out var allocation))
        {
            Assert.InRange(allocation.StreamIndex, 0, 3);
            Assert.InRange(allocation.SizeOf(3).Width, 0, 65_536);
        }
    });

    /// <summary>One structure reads all inputs, so that mutated frames meet mutated structures.</summary>
    [Theory]
    [InlineData(1, 3, false)]
    [InlineData(3, 3, true)]
    public void DependencyDescriptor_AnyBytes_AreReadOrRejected(int spatialLayers, int temporalLayers, bool isKeyOnly)
    {
        var encoder = new ScalableEncoder(spatialLayers, temporalLayers, isKeyOnly);
        List<byte[]> seeds = [];
        for (var picture = 0; picture < 5; picture++)
        {
            seeds.AddRange(encoder.Encode(isKey: picture == 0).Select(frame => frame.Describe(isFirst: true, isLast: true)));
        }

        var structure = new DependencyStructure();
        var numbers = new ExtendedSequenceNumber();
        FuzzLoop.Run(
            seeds,
            input =>
            {
                var number = DependencyDescriptor.TryParse(input, out var descriptor) ? numbers.Unwrap(descriptor.FrameNumber) : 0;
                if (structure.TryRead(input, number, out var frame))
                {
                    Assert.True(frame is { Spatial: < LayerTargets.MaxSpatialLayers, Temporal: < LayerTargets.MaxTemporalLayers });
                    Assert.True(structure.SizeOf(frame.Spatial) is { Width: >= 0 and <= 65_536, Height: >= 0 and <= 65_536 });
                }
            },
            maximumBytes: 0);
    }
}
