using MeetOperator.Rtc.Testing;
using MeetOperator.Rtp.Rtcp;
using MeetOperator.Sfu.Allocation;

namespace MeetOperator.Sfu.Tests;

/// <summary>The quality of a stream in several layers changes several times a second, and the receiver can decode everything that it gets.</summary>
public sealed class ScalableForwardingTests
{
    [Theory]
    [InlineData(1, 1, 2, false)]
    [InlineData(2, 1, 3, false)]
    [InlineData(3, 2, 3, true)]
    [InlineData(4, 3, 3, true)]
    [InlineData(5, 3, 3, false)]
    [InlineData(6, 3, 1, true)]
    public void Limit_ManyChanges_ReceiverMissesNothingItNeeds(int seed, int spatialLayers, int temporalLayers, bool isKeyOnly)
    {
        var call = Run(seed, new ScalableEncoder(spatialLayers, temporalLayers, isKeyOnly, firstFrame: (ushort)(65_000 + seed)), hasTrouble: false);

        Assert.Empty(call.Empty);
        AssertContinuous(call);
        AssertDecodable(call);
        AssertMarked(call);
    }

    [Theory]
    [InlineData(1, 3, false)]
    [InlineData(2, 3, true)]
    [InlineData(3, 3, true)]
    [InlineData(3, 3, false)]
    public void Limit_ManyChangesWithLossAndReordering_ReceiverMissesNothingItNeeds(int spatialLayers, int temporalLayers, bool isKeyOnly)
    {
        for (var seed = 0; seed < 40; seed++)
        {
            var call = Run(seed, new ScalableEncoder(spatialLayers, temporalLayers, isKeyOnly), hasTrouble: true, pictures: 500);

            Assert.NotEmpty(call.Empty); // of packets that were left out, and arrived after their successors
            AssertContinuous(call);
            AssertDecodable(call);
        }
    }

    [Theory]
    [InlineData(1, 2, false, 2)]
    [InlineData(1, 3, false, 3)]
    [InlineData(3, 3, true, 7)] // three rates of the smallest size, two of the others
    [InlineData(3, 1, true, 3)]
    public void Limit_EachStep_SendsItsLayersOnly(int spatialLayers, int temporalLayers, bool isKeyOnly, int steps)
    {
        var call = new ScalableCall(21, new ScalableEncoder(spatialLayers, temporalLayers, isKeyOnly));
        call.Down.SetView(TrackView.Of(1280, 720));
        call.Send(40);
        Assert.Equal(steps, call.Steps);
        var perSecond = new List<(int Spatial, int Pictures)>();
        for (var step = 0; step < steps; step++)
        {
            call.Limit(step);
            call.Send(60); // a lower spatial layer needs a key frame, of which there is one a second at most
            var before = call.Received.Count;
            call.Send(40);
            var seen = call.Received.Skip(before).ToList();
            perSecond.Add((seen.Max(p => p.Frame.Spatial), seen.Select(p => p.Timestamp).Distinct().Count()));
        }

        var expected = new List<(int, int)>();
        for (var spatial = 0; spatial < spatialLayers; spatial++)
        {
            for (var temporal = spatial == 0 ? 0 : Math.Max(0, temporalLayers - 2); temporal < temporalLayers; temporal++)
            {
                expected.Add((spatial, 40 >> (temporalLayers - 1 - temporal)));
            }
        }

        Assert.Equal(expected, perSecond);
    }

    [Fact]
    public void Limit_LowerFrameRate_AppliesAtOnceAndNeedsNoKeyFrame()
    {
        var call = new ScalableCall(22, new ScalableEncoder(1, 3, isKeyOnly: false));
        call.Down.SetView(TrackView.Of(1280, 720));
        call.Send(40);
        var (before, keys) = (call.Received.Count, call.KeyPictures);

        call.Limit(0);
        call.Send(8);
        Assert.All(call.Received.Skip(before), packet => Assert.Equal(0, packet.Frame.Temporal));
        call.Limit(int.MaxValue);
        before = call.Received.Count;
        call.Send(8);

        Assert.Contains(call.Received.Skip(before), packet => packet.Frame.Temporal == 2);
        Assert.Equal(keys, call.KeyPictures);
    }

    [Fact]
    public void SetView_SmallTile_GetsLowerSpatialLayerWithOneKeyFrame()
    {
        var call = new ScalableCall(23, new ScalableEncoder(3, 3, isKeyOnly: true));
        call.Down.SetView(TrackView.Of(1280, 720));
        call.Send(60);
        var keys = call.KeyPictures;

        call.Down.SetView(TrackView.Of(320, 180));
        call.Send(60);

        Assert.Equal(0, call.Received[^1].Frame.Spatial);
        Assert.Equal(keys + 1, call.KeyPictures);
    }

    [Fact]
    public void OnRtp_FirstKeyFrame_StartsInTheSizeOfTheTile()
    {
        var call = new ScalableCall(24, new ScalableEncoder(3, 3, isKeyOnly: true));
        call.Down.SetView(TrackView.Of(320, 180));
        call.Send(60);

        Assert.All(call.Received, packet => Assert.Equal(0, packet.Frame.Spatial));
        Assert.Equal(1, call.KeyPictures);
    }

    [Fact]
    public void OnRtp_EncryptedEndToEnd_DependencyDescriptorSuffices()
    {
        var call = new ScalableCall(25, new ScalableEncoder(3, 3, isKeyOnly: true), encrypted: true);
        call.Down.SetView(TrackView.Of(640, 360));
        call.Send(40);
        call.Limit(0);
        call.Send(60);

        Assert.Equal((0, 0), (call.Received[^1].Frame.Spatial, call.Received[^1].Frame.Temporal));
    }

    /// <summary>A publisher with a narrow line stops its highest spatial layer with a key frame.</summary>
    [Fact]
    public void OnRtp_PublisherStopsSpatialLayer_ReceiverGetsTheNextLower()
    {
        var encoder = new ScalableEncoder(3, 3, isKeyOnly: true);
        var call = new ScalableCall(26, encoder);
        call.Down.SetView(TrackView.Of(1280, 720));
        call.Send(40);
        encoder.SpatialLimit = 2;
        call.Down.RequestKeyFrame(urgent: true);
        call.Send(60);

        Assert.Equal(1, call.Received[^1].Frame.Spatial);
        call.Finish();
        AssertMarked(call);
        AssertDecodable(call);
    }

    /// <summary>Without a key frame, the receiver of the highest layer cannot decode the next lower one.</summary>
    [Fact]
    public void OnRtp_PublisherStopsSpatialLayerWithoutKeyFrame_OneIsRequested()
    {
        var encoder = new ScalableEncoder(3, 3, isKeyOnly: true);
        var call = new ScalableCall(28, encoder);
        call.Down.SetView(TrackView.Of(1280, 720));
        call.Send(40);
        var keys = call.KeyPictures;
        encoder.SpatialLimit = 2;
        call.Send(60);

        Assert.Equal((1, keys + 1), (call.Received[^1].Frame.Spatial, call.KeyPictures));
        call.Finish();
        AssertDecodable(call);
    }

    [Fact]
    public void OnRtcp_NackAfterChanges_AnswersWithThePacketAsItWas()
    {
        var call = Run(27, new ScalableEncoder(3, 3, isKeyOnly: true), hasTrouble: false, pictures: 120);
        var sent = call.Egress.Rtp.TakeLast(60).ToList();
        call.Egress.Rtp.Clear();
        foreach (var packet in sent)
        {
            ushort[] missing = [RecordingEgress.Header(packet).SequenceNumber];
            call.Subscriber.OnRtcp(call.Call.Now, Call.Rtcp((ref RtcpWriter w) => w.AddNack(9, 5000, missing)));
        }

        Assert.Equal(sent.Count, call.Egress.Rtp.Count);
        foreach (var (original, resent) in sent.Zip(call.Egress.Rtp))
        {
            var (first, second) = (RecordingEgress.Header(original), RecordingEgress.Header(resent));
            Assert.Equal((first.Timestamp, first.Marker), (second.Timestamp, second.Marker));
            Assert.Equal([.. original.AsSpan(2, 2), .. RecordingEgress.Payload(original)], RecordingEgress.Payload(resent));
        }
    }

    private static ScalableCall Run(int seed, ScalableEncoder encoder, bool hasTrouble, int pictures = 1_500)
    {
        var random = new Random(seed);
        var call = new ScalableCall(seed, encoder) { HasTrouble = hasTrouble };
        call.Down.SetView(TrackView.Of(1280, 720));
        call.Send(20);
        while (pictures > 0)
        {
            call.Limit(random.Next(call.Steps + 1) is var step && step == call.Steps ? int.MaxValue : step);
            var count = random.Next(1, 12); // about five changes a second
            call.Send(count);
            pictures -= count;
        }

        call.Finish();
        Assert.True(call.Received.Select(p => p.Frame.Spatial * 8 + p.Frame.Temporal).Distinct().Count() > 1);
        return call;
    }

    private static void AssertContinuous(ScalableCall call)
    {
        var numbers = call.Received.Select(p => p.Sequence).Concat(call.Empty).Order().ToList();
        for (var i = 1; i < numbers.Count; i++)
        {
            Assert.Equal(numbers[i - 1] + 1, numbers[i]);
        }

        for (var i = 1; i < call.Received.Count; i++)
        {
            Assert.True((int)(call.Received[i].Timestamp - call.Received[i - 1].Timestamp) >= 0);
        }
    }

    /// <summary>Every frame is complete, and its dependencies have the numbers that the descriptor and the VP9 payload refer to.</summary>
    private static void AssertDecodable(ScalableCall call)
    {
        var frames = call.Received.GroupBy(p => p.Id).ToDictionary(g => g.Key, g => g.ToList());
        foreach (var (id, packets) in frames)
        {
            Assert.Equal([0, 1], packets.Select(p => p.Part));
            Assert.Equal(packets[0].Sequence + 1, packets[1].Sequence);
            foreach (var distance in packets[0].Frame.DependsOn)
            {
                Assert.True(frames.TryGetValue(id - distance, out var needed), $"frame {id} needs {id - distance}");
                Assert.Equal((ushort)(packets[0].FrameNumber - distance), needed[0].FrameNumber);
                Assert.Equal(packets[0].Picture - needed[0].Picture, (packets[0].PictureId - needed[0].PictureId) & 0x7FFF); // by which VP9 refers to pictures (RFC 9628 §4.2)
            }
        }
    }

    /// <summary>The last packet of a picture has the marker, and no other packet.</summary>
    private static void AssertMarked(ScalableCall call)
    {
        for (var i = 0; i + 1 < call.Received.Count; i++)
        {
            Assert.Equal(call.Received[i].Timestamp != call.Received[i + 1].Timestamp, call.Received[i].Marker);
        }
    }
}
