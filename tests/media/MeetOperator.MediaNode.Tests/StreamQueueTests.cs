using MeetOperator.MediaNode.Egress;
using MeetOperator.Rtc.Datagrams;
using MeetOperator.Sfu.Egress;

namespace MeetOperator.MediaNode.Tests;

public sealed class StreamQueueTests : IDisposable
{
    private readonly SlabPool _urgent = new(StreamQueue.UrgentBytes);
    private readonly SlabPool _video = new(StreamQueue.VideoBytes);
    private readonly List<byte> _sent = [];
    private readonly StreamQueue _queue;

    public StreamQueueTests() => _queue = new StreamQueue(_urgent, _video);

    public void Dispose()
    {
        _urgent.Dispose();
        _video.Dispose();
    }

    [Fact]
    public void Peek_SoundAfterVideo_SendsSoundFirst()
    {
        Assert.True(Add(StreamLane.Video, 1) && Add(StreamLane.Video, 2) && Add(StreamLane.Urgent, 3));

        Send(int.MaxValue);

        Assert.Equal([3, 1, 2], Packets());
        Assert.True(_queue.IsEmpty);
    }

    [Fact]
    public void Peek_VideoPacketLeftInPart_SendsItsRestBeforeSound()
    {
        Assert.True(Add(StreamLane.Video, 1) && Add(StreamLane.Video, 2));
        Send(5);
        Assert.True(Add(StreamLane.Urgent, 3) && Add(StreamLane.Urgent, 4));
        Send(1);

        Send(int.MaxValue);

        Assert.Equal([1, 3, 4, 2], Packets());
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void OnSent_PartsOfAnySize_KeepsPacketsWholeAndInOrder(int seed)
    {
        var random = new Random(seed);
        var (added, sent) = (0, 0);
        for (var i = 0; i < 20_000; i++)
        {
            if (random.Next(3) == 0)
            {
                sent += Send(random.Next(3000));
            }
            else if (random.Next(2) == 0 ? !Add(StreamLane.Video, 1, random.Next(1, 1400)) : !Add(StreamLane.Urgent, 2, random.Next(1, 200)))
            {
                sent += Send(random.Next(100_000));
            }
            else
            {
                added++;
            }
        }

        sent += Send(int.MaxValue);
        Assert.Equal(added, sent);
        Assert.Equal(added, Packets().Count);
    }

    [Fact]
    public void Pressure_VideoInBytes_StopsNewFramesAndThenKeyFrames()
    {
        Fill(StreamQueue.CongestedBytes - 2000);
        Assert.Equal(EgressPressure.None, _queue.PressureAt(0));
        Fill(StreamQueue.CongestedBytes + 1000);
        Assert.Equal(EgressPressure.Congested, _queue.PressureAt(0));
        Fill(StreamQueue.FullBytes + 1000);
        Assert.Equal(EgressPressure.Full, _queue.PressureAt(0));

        // Does not begin again at once when it falls below.
        Send(_queue.Bytes - (StreamQueue.CongestedBytes / 2));
        Assert.Equal(EgressPressure.Congested, _queue.PressureAt(0));
        Send(_queue.Bytes - 1000);
        Assert.Equal(EgressPressure.None, _queue.PressureAt(0));
    }

    [Fact]
    public void Pressure_VideoThatWaits_StopsNewFramesAndThenKeyFrames()
    {
        Assert.True(Add(StreamLane.Video, 1, 1000));
        _queue.OnSent(0, 0);
        Assert.Equal(EgressPressure.None, _queue.PressureAt(StreamQueue.CongestedTicks - 1));
        Assert.Equal(EgressPressure.Congested, _queue.PressureAt(StreamQueue.CongestedTicks));
        Assert.Equal(EgressPressure.Full, _queue.PressureAt(StreamQueue.FullTicks));

        Send(int.MaxValue);
        Assert.Equal(EgressPressure.None, _queue.PressureAt(StreamQueue.FullTicks));
    }

    [Fact]
    public void Reserve_VideoFull_StillTakesSound()
    {
        while (Add(StreamLane.Video, 1, 1000))
        {
        }

        Assert.True(Add(StreamLane.Urgent, 2, 100));
        Assert.InRange(_queue.Bytes, StreamQueue.FullBytes, StreamQueue.VideoBytes + 1000);
        while (Add(StreamLane.Urgent, 2, 100))
        {
        }

        Assert.InRange(_queue.Bytes, StreamQueue.VideoBytes, StreamQueue.VideoBytes + StreamQueue.UrgentBytes);
    }

    [Fact]
    public void Queue_ThousandsOfPackets_AllocatesNothing()
    {
        Run();
        var before = GC.GetAllocatedBytesForCurrentThread();
        Run();
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);

        void Run()
        {
            for (var i = 0; i < 10_000; i++)
            {
                Add(StreamLane.Video, 1, 1000);
                Add(StreamLane.Urgent, 2, 100);
                _queue.Peek(out var first, out var second, out var third);
                _queue.OnSent(i, Math.Min(first.Length + second.Length + third.Length, 1000));
                _ = _queue.PressureAt(i);
            }

            _queue.Clear();
        }
    }

    private bool Add(StreamLane lane, byte content, int length = 10)
    {
        var space = _queue.Reserve(lane, length);
        if (space.IsEmpty)
        {
            return false;
        }

        space[..length].Fill(content);
        _queue.Commit(lane, length);
        return true;
    }

    private void Fill(int bytes)
    {
        while (_queue.Bytes < bytes && Add(StreamLane.Video, 1, 1000))
        {
        }
    }

    private int Send(int bytes)
    {
        _queue.Peek(out var first, out var second, out var third);
        byte[] all = [.. first, .. second, .. third];
        var sent = Math.Clamp(bytes, 0, all.Length);
        _sent.AddRange(all[..sent]);
        return _queue.OnSent(0, sent);
    }

    /// <summary>The contents of the packets that were sent.</summary>
    private List<byte> Packets()
    {
        var packets = new List<byte>();
        ReadOnlySpan<byte> rest = _sent.ToArray();
        while (StreamFraming.Read(rest, 2048, out var length) == FrameStatus.Complete)
        {
            var content = rest[StreamFraming.HeaderBytes..][..length];
            Assert.Equal(length, content.Count(content[0]));
            packets.Add(content[0]);
            rest = rest[(StreamFraming.HeaderBytes + length)..];
        }

        Assert.True(rest.IsEmpty);
        return packets;
    }
}
