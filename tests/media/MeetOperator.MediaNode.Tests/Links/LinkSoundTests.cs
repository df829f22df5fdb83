using MeetOperator.Rtp.Packets;
using MeetOperator.Sfu.Tracks;

namespace MeetOperator.MediaNode.Tests.Links;

/// <summary>A microphone of one room is heard in another one.</summary>
public sealed class LinkSoundTests
{
    private readonly LinkedRooms _rooms = new();

    [Fact]
    public void Sound_SomebodyListens_CrossesCompletelyAndInOrder()
    {
        var microphone = _rooms.Publish(TrackSource.Microphone);
        _rooms.Run(100);
        var viewer = _rooms.View();
        _rooms.Run(2_000);

        viewer.AssertContinuous();
        Assert.InRange(viewer.Received.Count, 90, 100);
        Assert.Equal(Enumerable.Range((int)viewer.Counts[0], viewer.Received.Count), viewer.Counts.Select(c => (int)c));
        Assert.Equal((viewer.Received.Count - 1) * 960u, viewer.Headers.Last().Timestamp - viewer.Headers.First().Timestamp);
        Assert.Equal(microphone.Level, LevelIn(viewer.Received[0].Packet));
    }

    [Fact]
    public void Sound_NobodyListens_DoesNotCross()
    {
        _rooms.Publish(TrackSource.Microphone);
        _rooms.Run(5_000);

        Assert.Single(_rooms.Incoming.Tracks);
        Assert.Empty(_rooms.ToRight.Rtp);
    }

    [Fact]
    public void Sound_ListenerLeaves_EndsAfterThreeSeconds()
    {
        _rooms.Publish(TrackSource.Microphone);
        _rooms.Run(100);
        var viewer = _rooms.View();
        _rooms.Run(1_000);
        viewer.Leave();
        _rooms.Run(2_700);
        var before = _rooms.ToRight.Rtp.Count;
        _rooms.Run(500);
        var after = _rooms.ToRight.Rtp.Count;
        _rooms.Run(5_000);

        Assert.InRange(after, before + 1, before + 20); // it still crossed at the first of these counts, and soon no longer
        Assert.Equal(after, _rooms.ToRight.Rtp.Count);
    }

    /// <summary>SRTP must not encrypt two packets with the same number, and a gap of half of the numbers would break its rollover counter.</summary>
    [Fact]
    public void Sound_DemandedAgainLater_ContinuesTheNumbers()
    {
        _rooms.Publish(TrackSource.Microphone);
        _rooms.Run(100);
        for (var i = 0; i < 3; i++)
        {
            var viewer = _rooms.View();
            _rooms.Run(1_000);
            viewer.Leave();
            _rooms.Run(20_000);
        }

        var numbers = _rooms.ToRight.Rtp.Select(packet => RtpHeader.TryParse(packet, out var header) ? header.SequenceNumber : 0).ToList();
        Assert.Equal(Enumerable.Range(numbers[0], numbers.Count), numbers.Select(n => (int)n));
        Assert.True(numbers.Count > 3 * 190);
    }

    /// <summary>A frame is sent twice while the link loses packets, so it gets lost only with two packets in a row.</summary>
    [Fact]
    public void Sound_LinkLosesPackets_IsSentTwice()
    {
        _rooms.ToRight.LossRate = 0.1;
        _rooms.Publish(TrackSource.Microphone);
        _rooms.Run(100);
        _rooms.View();
        _rooms.Run(5_000);

        Assert.Contains(_rooms.ToRight.Rtp, packet => (packet[1] & 0x7F) == 63);
    }

    [Fact]
    public void Sound_EncryptedEndToEnd_PassesUntouched()
    {
        _rooms.ToRight.LossRate = 0.1;
        _rooms.Publish(TrackSource.Microphone, isEncrypted: true);
        _rooms.Run(100);
        var viewer = _rooms.View();
        _rooms.Run(5_000);

        Assert.True(_rooms.Relayed().Track.Options.IsEncrypted);
        Assert.All(_rooms.ToRight.Rtp, packet => Assert.Equal(111, packet[1] & 0x7F));
        Assert.NotEmpty(viewer.Received);
    }

    [Fact]
    public void Remove_Track_EndsItBeyondTheLink()
    {
        var microphone = _rooms.Publish(TrackSource.Microphone);
        _rooms.Run(100);
        var relayed = _rooms.Relayed();
        _rooms.View();
        _rooms.Run(1_000);
        _rooms.Unpublish(microphone);
        _rooms.Run(100);

        Assert.True(relayed.Track.IsClosed);
        Assert.Empty(_rooms.Incoming.Tracks);
        Assert.Equal(["announced alice", "removed alice"], _rooms.Owner.Calls);
    }

    private static byte LevelIn(byte[] packet)
    {
        Assert.True(RtpPacket.TryParse(packet, out var parsed));
        foreach (var element in parsed.Extensions)
        {
            if (element.Id == 9)
            {
                return packet[element.Offset];
            }
        }

        return 0;
    }
}
