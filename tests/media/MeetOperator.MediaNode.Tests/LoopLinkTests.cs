using System.Buffers.Binary;
using System.Net;
using MeetOperator.MediaNode.Failures;
using MeetOperator.MediaNode.Loops;
using MeetOperator.MediaNode.Time;
using Microsoft.Extensions.Logging.Abstractions;

namespace MeetOperator.MediaNode.Tests;

/// <summary>A link between two loops of one process: what one end sends, and what the other end does when it falls behind, fails or ends.</summary>
public sealed class LoopLinkTests : IAsyncLifetime
{
    private readonly MediaLoop _a = Start();
    private readonly MediaLoop _b = Start();
    private readonly LinkEndOwner _ownerA = new();
    private readonly LinkEndOwner _ownerB = new();
    private LoopLink _linkA = null!;
    private LoopLink _linkB = null!;

    public async Task InitializeAsync()
    {
        (_linkA, _linkB) = LoopLink.Create(_a, _b);
        await OnAsync(_a, () => Begin(_linkA, _ownerA));
        await OnAsync(_b, () => Begin(_linkB, _ownerB));
    }

    public Task DisposeAsync()
    {
        _a.RequestStop();
        _b.RequestStop();
        _a.WaitForStop(Timeout.InfiniteTimeSpan);
        _b.WaitForStop(Timeout.InfiniteTimeSpan);
        _a.Dispose();
        _b.Dispose();
        return Task.CompletedTask;
    }

    [Fact]
    public async Task Send_MessagesAndPackets_ArriveInOrder()
    {
        await OnAsync(_a, () =>
        {
            for (var i = 0; i < 100; i++)
            {
                Assert.True(_linkA.TrySend([(byte)i]));
                Assert.Equal([.. LinkedLoops.Header((ushort)i), 1, 2, 3], _linkA.SendRtp(LinkedLoops.Header((ushort)i), [1, 2, 3]).ToArray());
            }

            _linkA.SendRtcp([0x80, 201, 0, 1, 0, 0, 0, 1]);
        });

        await LinkedLoops.UntilAsync("everything has arrived", () => Messages(_ownerB) == 100 && _ownerB.RtpPackets == 100 && !_ownerB.Rtcp.IsEmpty);
        Assert.Equal(Enumerable.Range(0, 100), _ownerB.Rtp.Select(packet => (int)BinaryPrimitives.ReadUInt16BigEndian(packet.AsSpan(2))));
        Assert.Equal(["channel", .. Enumerable.Range(0, 100).Select(i => $"message {i:X2}")], _ownerB.Calls);
    }

    /// <summary>The sender keeps what it has sent, unchanged, for retransmissions. Media that does not fit is dropped and counted, and messages wait.</summary>
    [Fact]
    public async Task Send_OtherLoopFallsBehind_DropsMediaAndKeepsMessages()
    {
        const int Packets = 2_000;
        const int Queued = 1_500;
        await WhileHeldAsync(_b, () => OnAsync(_a, () =>
        {
            for (var i = 0; i < Packets; i++)
            {
                Assert.Equal(1_212, _linkA.SendRtp(LinkedLoops.Header((ushort)i), new byte[1_200]).Length);
            }

            for (var i = 0; i < Queued; i++)
            {
                Assert.True(_linkA.TrySend([.. BitConverter.GetBytes(i), .. new byte[500]]));
            }
        }));

        await LinkedLoops.UntilAsync("all messages", () => Messages(_ownerB) == Queued);
        var expected = Enumerable.Range(0, Queued).Select(i => Convert.ToHexString(BitConverter.GetBytes(i)));
        Assert.Equal(expected, _ownerB.Calls.Where(call => call.StartsWith("message ", StringComparison.Ordinal)).Select(call => call[8..16]));
        Assert.InRange(_ownerB.RtpPackets, 500, 1_000);
        Assert.Equal(Packets - _ownerB.RtpPackets, await _a.RunAsync(() => _a.Statistics().TransportDrops["LoopLinkFull"], default));
    }

    /// <summary>More than the link keeps: both ends begin again, and tell each other everything.</summary>
    [Fact]
    public async Task Send_TooManyMessagesWait_OpensANewChannelAtBothEnds()
    {
        await WhileHeldAsync(_b, () => OnAsync(_a, () =>
        {
            for (var i = 0; i < 10_000 && _linkA.TrySend(new byte[900]); i++)
            {
                // until the limit
            }

            Assert.False(_linkA.TrySend([1]));
        }));

        await LinkedLoops.UntilAsync("a new channel", () => Channels(_ownerA) == 2 && Channels(_ownerB) == 2);
        await OnAsync(_a, () => Assert.True(_linkA.TrySend([0xAA])));
        await OnAsync(_b, () => Assert.True(_linkB.TrySend([0xBB])));
        await LinkedLoops.UntilAsync("messages in both directions", () => _ownerB.Calls.Last() == "message AA" && _ownerA.Calls.Last() == "message BB");
    }

    /// <summary>The other loop looks at the link before it sleeps, so it is not woken while it works.</summary>
    [Fact]
    public async Task Send_OtherLoopIsBusy_DoesNotWakeIt()
    {
        using var held = await HeldLoop.HoldAsync(_b);
        var before = _b.Sleep.Wakes;
        for (var i = 0; i < 50; i++)
        {
            await OnAsync(_a, () => Assert.True(_linkA.TrySend([1])));
        }

        await OnAsync(_a, () => Assert.Equal(before, _b.Sleep.Wakes));
        await held.ReleaseAsync();
        await LinkedLoops.UntilAsync("everything has arrived", () => Messages(_ownerB) == 50);
    }

    /// <summary>A part knows the whole room when its link has caught up, however large the room is.</summary>
    [Fact]
    public void CatchUp_ManyMessagesWait_PassesOnAllOfThem()
    {
        using var loop = Create();
        using var other = Create();
        var ((here, there), owner) = (LoopLink.Create(loop, other), new LinkEndOwner());
        Begin(there, new LinkEndOwner());
        for (var i = 0; i < 2_000; i++)
        {
            Assert.True(there.TrySend([1]));
        }

        there.Flush();
        Begin(here, owner);
        Assert.Equal(0, Messages(owner));
        Assert.InRange(here.CatchUp().Count(), 2_000 / 64, 2_000);

        Assert.Equal(2_000, Messages(owner));
    }

    /// <summary>A room with many links does not delay the other work of its loop by more than one with a single link, and each link has its turn.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(150)]
    public void Receive_ManyLinks_HandlesOneBatchOfAll(int links)
    {
        using var loop = Create();
        using var other = Create();
        var owners = new List<LinkEndOwner>();
        for (var i = 0; i < links; i++)
        {
            var (here, there) = LoopLink.Create(loop, other);
            owners.Add(new LinkEndOwner());
            Begin(here, owners[^1]);
            Begin(there, new LinkEndOwner());
            for (var packet = 0; packet < 2_000; packet++)
            {
                there.SendRtp(LinkedLoops.Header((ushort)packet), [1]);
            }

            there.Flush();
        }

        for (var batch = 1; batch <= 10; batch++)
        {
            Assert.InRange(loop.LoopLinks.Receive(MonotonicClock.NowTicks), 1, LoopLinks.MaxPackets);
        }

        Assert.InRange(owners.Sum(o => o.RtpPackets), 9 * LoopLinks.MaxPackets * 3 / 4, 10 * LoopLinks.MaxPackets);
        Assert.InRange(owners.Max(o => o.RtpPackets) - owners.Min(o => o.RtpPackets), 0, Math.Max(1, LoopLinks.MaxPackets / links));
    }

    [Fact]
    public async Task Close_OneEnd_TellsTheOther()
    {
        await OnAsync(_a, _linkA.Close);

        await LinkedLoops.UntilAsync("the end", () => _ownerB.Calls.Contains("failure"));
        Assert.DoesNotContain("failure", _ownerA.Calls);
        foreach (var loop in new[] { _a, _b })
        {
            Assert.Equal((0, 0), await loop.RunAsync(() => (loop.LoopLinks.Count, (int)loop.Failures.Copy()[nameof(FailureScope.Link)]), default));
        }
    }

    [Theory]
    [InlineData(nameof(LinkEndOwner.OnRtp))]
    [InlineData(nameof(LinkEndOwner.OnMessage))]
    [InlineData(nameof(LinkEndOwner.HandleTimeout))]
    public async Task Receive_OwnerThrows_EndsTheLinkAndNothingElse(string callback)
    {
        _ownerB.ThrowsIn[callback] = true;

        await OnAsync(_a, () =>
        {
            _linkA.TrySend([1]);
            _linkA.SendRtp(LinkedLoops.Header(1), [1]);
        });

        await LinkedLoops.UntilAsync("both owners know", () => _ownerA.Calls.Contains("failure") && _ownerB.Calls.Contains("failure"));
        Assert.Equal((1, 0), await _b.RunAsync(() => ((int)_b.Failures.Copy()[nameof(FailureScope.Link)], _b.LoopLinks.Count), default));
    }

    private static int Messages(LinkEndOwner owner) => owner.Calls.Count(call => call.StartsWith("message", StringComparison.Ordinal));

    private static int Channels(LinkEndOwner owner) => owner.Calls.Count(call => call == "channel");

    private static void Begin(LoopLink link, LinkEndOwner owner)
    {
        link.Open(owner);
        link.Begin(MonotonicClock.NowTicks);
    }

    private static async Task WhileHeldAsync(MediaLoop loop, Func<Task> work)
    {
        using var held = await HeldLoop.HoldAsync(loop);
        await work();
        await held.ReleaseAsync();
    }

    private static Task OnAsync(MediaLoop loop, Action work) => LinkedLoops.OnAsync(loop, work);

    private static MediaLoop Create() => new([IPAddress.Loopback], 0, 1 << 20, NullLogger.Instance);

    private static MediaLoop Start()
    {
        var loop = Create();
        loop.Start();
        return loop;
    }
}
