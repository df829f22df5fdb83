using MeetOperator.Rtp.Codecs;
using MeetOperator.Sfu.Allocation;
using MeetOperator.Sfu.Layers;

namespace MeetOperator.Sfu.Tests.Allocation;

public sealed class LayerSelectionTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Choose_AnyNumberOfLayers_ReturnsHighest(int count)
    {
        var format = new LayerFormat { IsVideo = true, Codec = VideoCodec.Vp8, ClockRate = 90_000, Nack = true };
        var layers = Enumerable.Range(0, count).Select(_ => new UpLayer(format, new UpLayerOptions())).ToArray();

        Assert.Same(layers[count - 1], LayerSelection.Choose(layers));
    }
}
