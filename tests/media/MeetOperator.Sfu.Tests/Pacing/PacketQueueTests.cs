using MeetOperator.Rtp.Retransmission;
using MeetOperator.Sfu.Pacing;

namespace MeetOperator.Sfu.Tests.Pacing;

public sealed class PacketQueueTests
{
    [Fact]
    public void TryTake_SeveralPriorities_TakesByPriorityThenOrder()
    {
        var queue = new PacketQueue();
        Add(queue, 1, PacketPriority.Video);
        Add(queue, 2, PacketPriority.Foreground);
        Add(queue, 3, PacketPriority.Video);
        Add(queue, 4, PacketPriority.Retransmission);
        Add(queue, 5, PacketPriority.Foreground);

        Assert.Equal(5, queue.Count);
        Assert.Equal([4, 2, 5, 1, 3], TakeAll(queue));
        Assert.Equal((0, 0L), (queue.Count, queue.Bytes));
    }

    [Fact]
    public void Add_BufferIsUsedAgain_PacketIsUnchanged()
    {
        var queue = new PacketQueue();
        byte[] header = [1, 2, 3];
        byte[] payload = [4, 5];
        queue.Add(header, payload, 1, PacketPriority.Video, isKeyFrame: false, default);
        Array.Clear(header);
        Array.Clear(payload);

        Assert.True(queue.TryTake(out var packet));
        Assert.Equal([1, 2, 3], packet.Header.ToArray());
        Assert.Equal([4, 5], packet.Payload.ToArray());
        Assert.Equal(1, packet.NumberOffset);
    }

    /// <summary>As many packets wait at once when the lines of many connections are probed.</summary>
    [Fact]
    public void Add_AsManyPacketsAsBefore_AllocatesNothing()
    {
        var queues = Enumerable.Range(0, 20).Select(_ => new PacketQueue()).ToArray();
        var payload = new byte[1100];
        void FillAndTake()
        {
            for (var i = 0; i < 50; i++)
            {
                foreach (var queue in queues)
                {
                    queue.Add([1, 2, 3], payload, 1, PacketPriority.Video, isKeyFrame: false, default);
                }
            }

            foreach (var queue in queues)
            {
                queue.Clear();
            }
        }

        FillAndTake();
        var before = GC.GetAllocatedBytesForCurrentThread();
        FillAndTake();
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 0);
    }

    [Fact]
    public void Clear_Packets_EmptiesQueue()
    {
        var queue = new PacketQueue();
        Add(queue, 1, PacketPriority.Video);
        queue.Clear();
        Assert.False(queue.TryTake(out _));
        Assert.Equal((0, 0L), (queue.Count, queue.Bytes));
    }

    [Fact]
    public void Record_HistoryWasReleased_KeepsNothing()
    {
        var history = new RetransmissionHistory(8, 1024);
        new PacketRecord(history, 7).Keep([1, 2, 3]);
        Assert.True(history.TryGet(7, out _));

        history.Dispose();
        new PacketRecord(history, 8).Keep([1, 2, 3]);
        Assert.False(history.TryGet(8, out _));
    }

    [Fact]
    public void RemoveOrdinary_KeyFrameWaits_KeepsIt()
    {
        var queue = new PacketQueue();
        Add(queue, 1, PacketPriority.Foreground);
        Add(queue, 2, PacketPriority.Foreground, isKeyFrame: true);
        Add(queue, 3, PacketPriority.Video);
        Assert.Equal((39, 26, 26), (queue.Bytes, queue.BytesUpTo(PacketPriority.Foreground), queue.OrdinaryBytesUpTo(PacketPriority.Video)));

        queue.RemoveOrdinary();

        Assert.Equal((13, 13), (queue.Bytes, queue.KeyFrameBytes));
        Assert.Equal([2], TakeAll(queue));
    }

    [Fact]
    public void HasKeyFrame_UntilItsLastPacketLeaves_IsTrue()
    {
        var queue = new PacketQueue();
        AddKeyFrame(ssrc: 7);
        AddKeyFrame(ssrc: 7);
        AddKeyFrame(ssrc: 8);

        Assert.True(queue.TryTake(out _));
        Assert.True(queue.HasKeyFrame(7));
        Assert.True(queue.TryTake(out _));
        Assert.False(queue.HasKeyFrame(7));
        Assert.True(queue.HasKeyFrame(8));
        queue.Remove(8, 8);
        Assert.False(queue.HasKeyFrame(8));

        void AddKeyFrame(byte ssrc) => queue.Add([0x80, 96, 0, 0, 0, 0, 0, 0, 0, 0, 0, ssrc], [0], 0, PacketPriority.Video, isKeyFrame: true, default);
    }

    private static void Add(PacketQueue queue, byte mark, PacketPriority priority, bool isKeyFrame = false) =>
        queue.Add([mark, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, mark], [0], 0, priority, isKeyFrame, default);

    private static List<int> TakeAll(PacketQueue queue)
    {
        var marks = new List<int>();
        while (queue.TryTake(out var packet))
        {
            marks.Add(packet.Header[0]);
            PacketQueue.Return(packet);
        }

        return marks;
    }
}
