using MeetOperator.MediaNode.Failures;
using MeetOperator.MediaNode.Loops;
using MeetOperator.Relay.Messages;
using MeetOperator.Relay.Transport;

namespace MeetOperator.MediaNode.Tests;

/// <summary>A link between two loops, over sockets.</summary>
public sealed class LinkSessionTests
{
    private static readonly byte[] Report = [0x80, 201, 0, 1, 0, 0, 0, 9];

    [Fact]
    public async Task OpenLink_BothEnds_CarriesMediaAndMessagesBothWays()
    {
        using var loops = await LinkedLoops.ConnectAsync();
        Assert.Equal(["Up", "channel"], loops.OwnerA.Calls);
        Assert.Equal(["Up", "channel"], loops.OwnerB.Calls);

        foreach (var (loop, link, owner) in new[] { (loops.A, loops.LinkA, loops.OwnerB), (loops.B, loops.LinkB, loops.OwnerA) })
        {
            await LinkedLoops.OnAsync(loop, () =>
            {
                Assert.True(link.IsReady);
                Assert.True(link.TrySend([1]) && link.TrySend([2, 2]) && link.TrySend([3]));
                Assert.False(link.SendRtp(LinkedLoops.Header(5), [7, 8, 9]).IsEmpty);
                link.SendRtcp(Report);
            });

            await LinkedLoops.UntilAsync("all has arrived", () => owner.Calls.Count == 5 && !owner.Rtp.IsEmpty && !owner.Rtcp.IsEmpty);
            Assert.Equal(["message 01", "message 0202", "message 03"], owner.Calls.Skip(2));
            Assert.Equal([.. LinkedLoops.Header(5), 7, 8, 9], Assert.Single(owner.Rtp));
            Assert.Equal(Report, Assert.Single(owner.Rtcp));
        }

        await LinkedLoops.UntilAsync("the round trip is measured", () => LinkedLoops.OnAsync(loops.A, () => loops.LinkA.RoundTripTicks > 0));
        Assert.Empty(loops.A.Peers.Sessions);
    }

    /// <summary>The subscriber side asks for a lost packet: the same bytes are sent again, and the receiver takes them once.</summary>
    [Fact]
    public async Task Retransmit_PacketOnceLostOnceReceived_ArrivesOnce()
    {
        using var loops = await LinkedLoops.ConnectAsync();
        loops.ToB.IsCut = true;
        var packet = await LinkedLoops.OnAsync(loops.A, () => loops.LinkA.SendRtp(LinkedLoops.Header(1), [1, 2, 3]).ToArray());
        await LinkedLoops.UntilAsync("the packet is lost", () => loops.ToB.Captured.Any(datagram => datagram.AsSpan().SequenceEqual(packet)));
        loops.ToB.IsCut = false;

        await LinkedLoops.OnAsync(loops.A, () =>
        {
            loops.LinkA.Retransmit(packet);
            loops.LinkA.Retransmit(packet);
        });

        await LinkedLoops.UntilAsync("the copy is dropped", async () => await LinkedLoops.DropsAsync(loops.B, LinkDropReason.Replayed) == 1);
        Assert.Equal([.. LinkedLoops.Header(1), 1, 2, 3], Assert.Single(loops.OwnerB.Rtp));
    }

    [Fact]
    public async Task SetSecrets_RenewalDuringMedia_LosesNothing()
    {
        using var loops = await LinkedLoops.ConnectAsync();
        await LinkedLoops.OnAsync(loops.A, () => loops.LinkA.SetSecrets([LinkedLoops.Secret(1), LinkedLoops.Secret(2)]));
        await LinkedLoops.OnAsync(loops.B, () => loops.LinkB.SetSecrets([LinkedLoops.Secret(1), LinkedLoops.Secret(2)]));
        ushort sent = 0;

        await LinkedLoops.UntilAsync("both ends use the new secret", async () =>
        {
            var epochs = (await SendAsync(), await LinkedLoops.OnAsync(loops.B, () => loops.LinkB.Epoch));
            return epochs == (2, 2);
        });
        await SendAsync();

        await LinkedLoops.UntilAsync("all has arrived", () => loops.OwnerB.Rtp.Count == sent && loops.OwnerB.Calls.Count == 2 + sent);
        Assert.Equal(Enumerable.Range(1, sent), loops.OwnerB.Rtp.Select(packet => (packet[2] << 8) | packet[3]).Order());
        Assert.Equal(["Up", "channel", .. Enumerable.Range(1, sent).Select(i => $"message {i:X4}")], loops.OwnerB.Calls);

        Task<ushort?> SendAsync() => LinkedLoops.OnAsync(loops.A, () =>
        {
            sent++;
            Assert.False(loops.LinkA.SendRtp(LinkedLoops.Header(sent), new byte[100]).IsEmpty);
            Assert.True(loops.LinkA.TrySend([(byte)(sent >> 8), (byte)sent]));
            return loops.LinkA.Epoch;
        });
    }

    [Fact]
    public async Task HandleTimeout_PathIsCutForShort_LinkReturnsWithItsChannel()
    {
        using var loops = await LinkedLoops.ConnectAsync();

        (loops.ToA.IsCut, loops.ToB.IsCut) = (true, true);
        await LinkedLoops.UntilAsync("both ends notice", () => loops.OwnerA.Calls.Contains("Broken") && loops.OwnerB.Calls.Contains("Broken"));
        Assert.True(await LinkedLoops.OnAsync(loops.A, () => loops.LinkA.IsReady && loops.LinkA.TrySend([4])));
        (loops.ToA.IsCut, loops.ToB.IsCut) = (false, false);

        await loops.UntilUpAsync();
        await LinkedLoops.UntilAsync("the message has arrived", () => loops.OwnerB.Calls.Contains("message 04"));
        Assert.Equal(["Up", "channel", "Broken", "Up"], loops.OwnerA.Calls);
        Assert.Equal(["Up", "channel", "Broken", "Up"], loops.OwnerB.Calls.Where(call => call != "message 04")); // The packet that brings the message can be the one that ends the interruption.
    }

    [Fact]
    public async Task HandleTimeout_PathIsCutForLong_NewChannelOpens()
    {
        using var loops = await LinkedLoops.ConnectAsync();

        (loops.ToA.IsCut, loops.ToB.IsCut) = (true, true);
        await LinkedLoops.UntilAsync("both sessions have ended", async () =>
            !await LinkedLoops.OnAsync(loops.A, () => loops.LinkA.IsReady) && !await LinkedLoops.OnAsync(loops.B, () => loops.LinkB.IsReady));
        Assert.False(await LinkedLoops.OnAsync(loops.A, () => loops.LinkA.TrySend([4])));
        (loops.ToA.IsCut, loops.ToB.IsCut) = (false, false);

        await loops.UntilUpAsync();
        Assert.Equal(["Up", "channel", "Broken", "Up", "channel"], loops.OwnerA.Calls);
        Assert.Equal(["Up", "channel", "Broken", "Up", "channel"], loops.OwnerB.Calls);
    }

    [Fact]
    public async Task Close_OneEnd_OtherEndIsBrokenAndANewLinkOpens()
    {
        using var loops = await LinkedLoops.ConnectAsync();

        await LinkedLoops.OnAsync(loops.B, () => loops.LinkB.Close(ByeReason.RoomEnded));

        await LinkedLoops.UntilAsync("the other end notices", () => loops.OwnerA.Calls.Contains("Broken"));
        Assert.Equal((ByeReason.RoomEnded, false), await LinkedLoops.OnAsync(loops.A, () => (loops.LinkA.RemoteByeReason, loops.LinkA.IsReady)));
        Assert.Equal(0, await LinkedLoops.OnAsync(loops.B, () => loops.B.Links.Count));
        Assert.False(await LinkedLoops.OnAsync(loops.B, () => loops.LinkB.IsReady || loops.LinkB.TrySend([1]) || !loops.LinkB.SendRtp(LinkedLoops.Header(1), [1]).IsEmpty));
        await loops.OpenBAsync();
        await loops.UntilUpAsync();
        Assert.Equal(["Up", "channel", "Broken", "Up", "channel"], loops.OwnerA.Calls);
    }

    /// <summary>Nobody is at the first address of each end.</summary>
    [Fact]
    public async Task OpenLink_FirstAddressesAreDead_LinkIsUpByTheSecond()
    {
        using var loops = new LinkedLoops();
        using var dead = new UdpForwarder(9) { IsCut = true };
        await loops.OpenAAsync(true, dead.Address, loops.ToB.Address);
        await loops.OpenBAsync(true, dead.Address, loops.ToA.Address);

        await loops.UntilUpAsync();
        await LinkedLoops.OnAsync(loops.B, () => loops.LinkB.SetAddresses([loops.ToA.Address]));
        await LinkedLoops.UntilAsync("media arrives", async () =>
        {
            await LinkedLoops.OnAsync(loops.A, () => loops.LinkA.SendRtp(LinkedLoops.Header((ushort)(loops.OwnerB.RtpPackets + 1)), [1]).Length);
            return !loops.OwnerB.Rtp.IsEmpty;
        });
    }

    [Fact]
    public async Task Handle_CaptureAgainstLoopWithoutTheLink_IsDroppedAndCounted()
    {
        using var loops = await LinkedLoops.ConnectAsync();
        await LinkedLoops.OnAsync(loops.A, () => loops.LinkA.SendRtp(LinkedLoops.Header(1), [1, 2, 3]).Length);
        await LinkedLoops.UntilAsync("media arrives", () => !loops.OwnerB.Rtp.IsEmpty);
        var capture = loops.ToB.Captured;
        using var others = new LinkedLoops();

        foreach (var datagram in capture)
        {
            others.SendTo(others.B, datagram);
        }

        await LinkedLoops.UntilAsync("all are dropped", async () => await LinkedLoops.DropsAsync(others.B, LinkDropReason.UnknownTag) == capture.Length);
        Assert.Equal((0, 0L), await LinkedLoops.OnAsync(others.B, () => (others.B.Links.Count, others.B.Egress.SentDatagrams)));
    }

    [Fact]
    public async Task Handle_TenThousandForgedDatagrams_ChangeNothing()
    {
        using var loops = await LinkedLoops.ConnectAsync();
        var capture = loops.ToB.Captured;
        var random = new Random(5);
        for (var i = 0; i < 10_000; i++)
        {
            byte[] forged = [.. capture[random.Next(capture.Length)]];
            var bit = random.Next(8, forged.Length * 8);
            forged[bit / 8] ^= (byte)(1 << (bit % 8));
            loops.SendTo(loops.B, random.Next(10) == 0 ? forged.AsSpan(0, random.Next(1, 20)) : forged);
            if (i % 100 == 0)
            {
                await LinkedLoops.OnAsync(loops.B, () => true); // the kernel's buffer does not overflow
            }
        }

        await LinkedLoops.UntilAsync("all are counted", async () =>
        {
            var drops = await LinkedLoops.OnAsync(loops.B, () => loops.B.Statistics().TransportDrops);
            return drops.Where(drop => drop.Key.StartsWith("Link", StringComparison.Ordinal)).Sum(drop => drop.Value) >= 10_000;
        });
        await LinkedLoops.OnAsync(loops.A, () => loops.LinkA.TrySend([1]));
        await LinkedLoops.UntilAsync("the link works", () => loops.OwnerB.Calls.Count == 3);
        Assert.Equal(["Up", "channel", "message 01"], loops.OwnerB.Calls);
        Assert.Empty(loops.OwnerB.Rtp);
        Assert.True(await LinkedLoops.DropsAsync(loops.B, LinkDropReason.NotAuthentic) > 100 && await LinkedLoops.DropsAsync(loops.B, LinkDropReason.UnknownTag) > 100 && await LinkedLoops.DropsAsync(loops.B, LinkDropReason.Malformed) > 100);
    }

    [Theory]
    [InlineData(nameof(ILinkOwner.OnRtp))]
    [InlineData(nameof(ILinkOwner.OnRtcp))]
    [InlineData(nameof(ILinkOwner.OnMessage))]
    [InlineData(nameof(ILinkOwner.OnChannelOpened))]
    [InlineData(nameof(ILinkOwner.OnStateChanged))]
    [InlineData(nameof(ILinkOwner.HandleTimeout))]
    [InlineData(nameof(ILinkOwner.OnFailure))]
    public async Task Handle_OwnerThrows_OnlyThisLinkEnds(string callback)
    {
        using var loops = await LinkedLoops.ConnectAsync();
        var neighbour = new LinkEndOwner();
        await LinkedLoops.OnAsync(loops.B, () => loops.B.OpenLink(new LinkSessionOptions { Role = LinkRole.Acceptor, LocalTag = 3, RemoteTag = 4, Addresses = [loops.ToA.Address] }, neighbour));
        loops.OwnerB.ThrowsIn[callback] = true;
        if (callback == nameof(ILinkOwner.OnFailure))
        {
            loops.OwnerB.ThrowsIn[nameof(ILinkOwner.OnRtp)] = true;
        }

        if (callback is nameof(ILinkOwner.OnChannelOpened) or nameof(ILinkOwner.OnStateChanged))
        {
            // The opener starts again, and has forgotten the channel.
            await LinkedLoops.OnAsync(loops.A, () => loops.LinkA.Close(ByeReason.Removed));
            await loops.OpenAAsync();
        }
        else
        {
            await LinkedLoops.OnAsync(loops.A, () =>
            {
                loops.LinkA.SendRtp(LinkedLoops.Header(1), [1]);
                loops.LinkA.SendRtcp(Report);
                loops.LinkA.TrySend([1]);
            });
        }

        await LinkedLoops.UntilAsync("the link has ended", () => LinkedLoops.OnAsync(loops.B, () => loops.B.Links.Count == 1));
        Assert.Equal(1, loops.OwnerB.Calls.Count(call => call == "failure"));
        Assert.Equal(1, await LinkedLoops.OnAsync(loops.B, () => loops.B.Statistics().Failures[nameof(FailureScope.Link)]));
        Assert.Equal(callback == nameof(ILinkOwner.OnFailure) ? 1 : 0, await LinkedLoops.OnAsync(loops.B, () => loops.B.Statistics().Failures[nameof(FailureScope.Deferred)]));
        Assert.Empty(neighbour.Calls);

        await loops.OpenBAsync(); // the tag is free
        await loops.UntilUpAsync();
    }

    [Fact]
    public async Task OpenLink_TagInUse_Throws()
    {
        using var loops = await LinkedLoops.ConnectAsync();

        var error = await Assert.ThrowsAsync<ArgumentException>(() => loops.OpenBAsync());

        Assert.Contains("belongs to another link", error.Message, StringComparison.Ordinal);
        Assert.Equal(1, await LinkedLoops.OnAsync(loops.B, () => loops.B.Links.Count));
    }

    [Fact]
    public async Task Handle_ManyPackets_AllocatesNothingForEach()
    {
        const int Packets = 20_000;
        using var loops = await LinkedLoops.ConnectAsync(recordsRtp: false);
        await SendAsync(1000);
        var before = await AllocatedAsync();

        await SendAsync(Packets);

        var (ofA, ofB) = await AllocatedAsync();
        Assert.InRange((ofA - before.OfA) / (double)Packets, 0, 8); // commands, pings and acknowledgements
        Assert.InRange((ofB - before.OfB) / (double)Packets, 0, 8);

        async Task<(long OfA, long OfB)> AllocatedAsync() =>
            (await LinkedLoops.OnAsync(loops.A, () => GC.GetAllocatedBytesForCurrentThread()), await LinkedLoops.OnAsync(loops.B, () => GC.GetAllocatedBytesForCurrentThread()));

        async Task SendAsync(int count)
        {
            var (header, payload) = (LinkedLoops.Header(0), new byte[1000]);
            for (var sent = 0; sent < count; sent += 100)
            {
                var target = loops.OwnerB.RtpPackets + 100;
                await LinkedLoops.OnAsync(loops.A, () =>
                {
                    for (var i = 0; i < 100; i++)
                    {
                        var number = (ushort)(target - 100 + i);
                        (header[2], header[3]) = ((byte)(number >> 8), (byte)number);
                        loops.LinkA.SendRtp(header, payload);
                    }
                });
                await LinkedLoops.UntilAsync("the packets arrived", () => loops.OwnerB.RtpPackets == target);
            }
        }
    }

    [Fact]
    public async Task InboundKilobitsPerSecond_Media_IsMeasuredAtBothEnds()
    {
        using var loops = await LinkedLoops.ConnectAsync();
        ushort number = 0;

        await LinkedLoops.UntilAsync("both ends have measured a rate", async () =>
        {
            await LinkedLoops.OnAsync(loops.A, () => loops.LinkA.SendRtp(LinkedLoops.Header(++number), new byte[1000]).Length);
            return await LinkedLoops.OnAsync(loops.A, () => loops.LinkA.OutboundKilobitsPerSecond) > 10 && await LinkedLoops.OnAsync(loops.B, () => loops.LinkB.InboundKilobitsPerSecond) > 10;
        });
        Assert.Equal((0, 0), (await LinkedLoops.OnAsync(loops.A, () => loops.LinkA.InboundKilobitsPerSecond), await LinkedLoops.OnAsync(loops.B, () => loops.LinkB.OutboundKilobitsPerSecond)));
    }
}
