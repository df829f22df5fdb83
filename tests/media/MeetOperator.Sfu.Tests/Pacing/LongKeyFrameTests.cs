using MeetOperator.Sfu.Layers;
using MeetOperator.Sfu.Pacing;

namespace MeetOperator.Sfu.Tests.Pacing;

/// <summary>The memory for key frames that take their lines more than a second is shared by all rooms of a loop. Each connection takes the same part of it.</summary>
public sealed class LongKeyFrameTests
{
    private const int NumberOffset = 17;
    private const int WholeBytes = 512 * 1024;
    private const int Connections = 4;
    private const uint Ssrc = 7;
    private static readonly byte[] Payload = new byte[1000];
    private readonly MemoryBudget _memory = new(Connections * WholeBytes);
    private long _now = TimeSpan.TicksPerHour;

    [Fact]
    public void HasRoom_MemoryUsedUp_CutsLongKeyFrames()
    {
        var accepted = Enumerable.Range(0, 100).Select(_ => Fill(Connect(500_000))).ToList();

        Assert.All(accepted.Take(Connections), bytes => Assert.InRange(bytes, 500_000, 550_000));
        Assert.All(accepted.Skip(Connections), bytes => Assert.InRange(bytes, 50_000, 100_000)); // what the line takes in 1.25 s
    }

    /// <summary>A room with many narrow lines, or one that makes key frames endless on purpose.</summary>
    [Fact]
    public void HasRoom_LargeRoomTakesWhatItCan_OtherRoomsGetTheSame()
    {
        var (large, other, third) = (new MemoryShare(_memory), new MemoryShare(_memory), new MemoryShare(_memory));
        int Accepted(MemoryShare room, int connections) => Enumerable.Range(0, connections).Count(_ => Fill(Connect(500_000, room)) > 500_000);

        Assert.Equal(Connections / 2, Accepted(large, 10));
        Assert.Equal(1, Accepted(other, 10));
        Assert.Equal(1, Accepted(third, 10));
    }

    [Fact]
    public void HasRoom_ConnectionOfLargeRoomCloses_ItsShareIsFree()
    {
        var room = new MemoryShare(_memory);
        var egresses = Enumerable.Range(0, 3).Select(_ => Connect(500_000, room)).ToList();
        egresses.ForEach(e => Fill(e));
        egresses[0].Close();

        Assert.InRange(Fill(Connect(500_000, room)), 500_000, 550_000);
        egresses.ForEach(e => e.Close());
        Assert.Equal((Connections - 1) * WholeBytes, _memory.AvailableBytes);
    }

    [Fact]
    public void HasRoom_MemoryUsedUp_TakesShortKeyFrames()
    {
        for (var i = 0; i < Connections; i++)
        {
            Fill(Connect(500_000));
        }

        Assert.InRange(Fill(Connect(10_000_000)), 500_000, long.MaxValue);
    }

    [Fact]
    public void HandleTimeout_LongKeyFrameHasLeft_ReturnsItsMemory()
    {
        var egress = Connect(500_000);
        Fill(egress);
        Assert.Equal((Connections - 1) * WholeBytes, _memory.AvailableBytes);
        Run(egress, seconds: 5);
        Assert.Equal((Connections - 1) * WholeBytes, _memory.AvailableBytes);

        Run(egress, seconds: 5);

        AssertReturned();
    }

    [Fact]
    public void HasRoom_MemoryIsFreeAgain_TakesNextLongKeyFrame()
    {
        var egresses = Enumerable.Range(0, Connections).Select(_ => Connect(500_000)).ToList();
        egresses.ForEach(e => Fill(e));
        egresses[0].Close();

        Assert.InRange(Fill(Connect(500_000)), 500_000, 550_000);
    }

    [Fact]
    public void Discard_LongKeyFrame_ReturnsItsMemory()
    {
        var egress = Connect(500_000);
        Fill(egress);
        egress.Discard(Ssrc + 1, null);
        Assert.Equal((Connections - 1) * WholeBytes, _memory.AvailableBytes);

        egress.Discard(Ssrc, null);

        AssertReturned();
    }

    [Fact]
    public void TryDiscard_LineBecomesMuchNarrower_ReturnsItsMemory()
    {
        var egress = Connect(500_000);
        Fill(egress);
        egress.Bandwidth.OnReceiverEstimate(_now, 60_000);
        egress.HandleTimeout(_now);

        Assert.True(egress.TryDiscard());
        AssertReturned();
        Assert.False(egress.TryDiscard());
        egress.Close();
        AssertReturned();
    }

    private void AssertReturned() => Assert.Equal(Connections * WholeBytes, _memory.AvailableBytes);

    /// <summary>A connection whose client estimates its line (REMB), in a room of its own if none is given.</summary>
    private PacedEgress Connect(long bitsPerSecond, MemoryShare? room = null)
    {
        var egress = new PacedEgress(new RecordingEgress(), new NoPadding(), room ?? new MemoryShare(_memory));
        egress.ExpectFeedback();
        egress.Bandwidth.OnReceiverEstimate(_now, bitsPerSecond);
        Send(egress);
        Run(egress, seconds: 1);
        return egress;
    }

    /// <summary>Sends one endless key frame until there is no room, and returns its bytes.</summary>
    private long Fill(PacedEgress egress)
    {
        for (var bytes = 0L; ; bytes += Payload.Length)
        {
            if (bytes > 4 * WholeBytes || !egress.HasRoom(PacketPriority.Foreground, isKeyFrame: true, hasBegun: bytes > 0, isScreen: true))
            {
                return bytes;
            }

            Send(egress);
        }
    }

    private void Send(PacedEgress egress) =>
        egress.Send(_now, [0x90, 96, 0, 1, 0, 0, 0, 0, 0, 0, 0, (byte)Ssrc, 0xBE, 0xDE, 0, 1, 0x51, 0, 0, 0], Payload, NumberOffset, PacketPriority.Foreground, isKeyFrame: true);

    private void Run(PacedEgress egress, int seconds)
    {
        for (var end = _now + (seconds * TimeSpan.TicksPerSecond); _now < end; _now += Call.Millisecond)
        {
            egress.HandleTimeout(_now);
        }
    }

    private sealed class NoPadding : IPaddingSource
    {
        public bool HasPadding => false;

        public bool TrySendPadding(long nowTicks) => false;
    }
}
