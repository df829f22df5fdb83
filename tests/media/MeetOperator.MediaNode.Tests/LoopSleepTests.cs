using System.Diagnostics;
using MeetOperator.MediaNode.Loops;
using MeetOperator.Native.Sockets;

namespace MeetOperator.MediaNode.Tests;

/// <summary>A thread that sleeps while there is nothing to do is woken when there is, and only then.</summary>
public sealed class LoopSleepTests
{
    private static readonly TimeSpan LongSleep = TimeSpan.FromSeconds(3);

    /// <summary>The writer sends at the moments at which the reader falls asleep. A wake-up that is lost leaves the reader asleep with a packet.</summary>
    [Fact]
    public async Task WakeIfAsleep_ReaderFallsAsleep_IsNeverLost()
    {
        const int Packets = 300_000;
        using var wake = new WakeSignal();
        var (sleep, ring, read, lost) = (new LoopSleep(wake), new PacketRing(4096), 0, 0);
        var reading = Task.Factory.StartNew(Read, default, TaskCreationOptions.LongRunning, TaskScheduler.Default);

        for (var i = 0; i < Packets && Volatile.Read(ref lost) == 0; i++)
        {
            Assert.True(ring.TryWrite(new RingHeader(RingKind.Rtp, (uint)i, 0), [1], [], 0, out _));
            ring.Publish();
            sleep.WakeIfAsleep();
            for (var spin = i % 64; spin > 0 || (Volatile.Read(ref read) < i - 20 && Volatile.Read(ref lost) == 0); spin--)
            {
                Thread.SpinWait(1); // sometimes the reader is about to sleep now, and sometimes it is not
            }
        }

        await reading;
        Assert.Equal(0, lost);
        Assert.InRange(sleep.Wakes, 1, Packets);

        void Read()
        {
            while (read < Packets && lost == 0)
            {
                while (ring.TryRead(out _, out _))
                {
                    ring.Advance();
                    Volatile.Write(ref read, read + 1);
                }

                sleep.Begin();
                if (!ring.HasPackets && read < Packets)
                {
                    var start = Stopwatch.GetTimestamp();
                    UdpSocket.WaitAny([], wake, LongSleep);
                    Volatile.Write(ref lost, Stopwatch.GetElapsedTime(start) >= LongSleep ? 1 : 0);
                }

                sleep.End();
            }
        }
    }

    /// <summary>The two fences: without either, a processor looks at what the other thread has done before its own change is visible. So many rounds show it on two processors.</summary>
    [Fact]
    public async Task WakeIfAsleep_AtTheMomentOfBegin_OneSeesTheOther()
    {
        const int Rounds = 300_000;
        using var wake = new WakeSignal();
        var (sleep, ring, barrier) = (new LoopSleep(wake), new PacketRing(4096), new SpinBarrier());
        var watch = Stopwatch.StartNew();
        var (hasSeen, missed, isOver) = (false, 0, false);
        var reading = Task.Factory.StartNew(Read, default, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        for (var round = 0; !isOver; round++)
        {
            Assert.True(ring.TryWrite(new RingHeader(RingKind.Rtp, 1, 0), [1], [], 0, out _));
            var before = sleep.Wakes;
            barrier.Meet();
            ring.Publish();
            sleep.WakeIfAsleep();
            var hasWoken = sleep.Wakes > before;
            barrier.Meet();
            missed += hasSeen || hasWoken ? 0 : 1;
            isOver = round == Rounds || watch.Elapsed > LongSleep;
            barrier.Meet();
        }

        await reading;
        Assert.Equal(0, missed);

        void Read()
        {
            while (!Volatile.Read(ref isOver))
            {
                barrier.Meet();
                sleep.Begin();
                hasSeen = ring.HasPackets;
                barrier.Meet();
                sleep.End();
                Assert.True(ring.TryRead(out _, out _));
                ring.Advance();
                barrier.Meet();
            }
        }
    }

    [Fact]
    public void WakeIfAsleep_Awake_DoesNothing()
    {
        using var wake = new WakeSignal();
        var sleep = new LoopSleep(wake);

        sleep.WakeIfAsleep();
        sleep.Begin();
        sleep.End();
        sleep.WakeIfAsleep();
        Assert.Equal(0, sleep.Wakes);

        sleep.Begin();
        sleep.WakeIfAsleep();
        Assert.Equal(1, sleep.Wakes);
    }

    /// <summary>Lets two threads go on at the same moment.</summary>
    private sealed class SpinBarrier
    {
        private int _arrived;

        public void Meet()
        {
            var number = Interlocked.Increment(ref _arrived);
            var (both, spin) = (number + (number & 1), new SpinWait());
            while (Volatile.Read(ref _arrived) - both < 0)
            {
                spin.SpinOnce(sleep1Threshold: -1);
            }
        }
    }
}
