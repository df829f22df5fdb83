using MeetOperator.Relay.Transport;
using MeetOperator.Rtc.Testing;
using MeetOperator.Rtp.Rtcp;

namespace MeetOperator.Relay.Tests.Transport;

public sealed class LinkStateTests
{
    private static readonly LinkConditions Down = new() { LossRate = 1 };

    [Theory]
    [InlineData(true, 1.3)]
    [InlineData(false, 2.2)]
    public void HandleTimeout_NetworkFails_LinkIsBroken(bool hasMedia, double maximumSeconds)
    {
        var pair = LinkPair.Connect();
        RunWithMedia(pair, hasMedia ? 2000 : 0);
        pair.Run(TimeSpan.FromMilliseconds(hasMedia ? 1 : 3000));
        pair.Network.Conditions = Down;
        var failedTicks = pair.Network.NowTicks;

        Assert.True(pair.RunUntil(() => pair.Opener.Transport.State == LinkState.Broken && pair.Acceptor.Transport.State == LinkState.Broken));
        Assert.InRange(pair.Network.NowTicks - failedTicks, TimeSpan.FromSeconds(0.9).Ticks, TimeSpan.FromSeconds(maximumSeconds).Ticks);
    }

    [Fact]
    public void HandleTimeout_ShortInterruption_ChannelContinues()
    {
        var pair = LinkPair.Connect();
        pair.Network.Conditions = Down;
        pair.Run(TimeSpan.FromMilliseconds(2500));
        Assert.Equal((LinkState.Broken, LinkState.Broken), (pair.Opener.Transport.State, pair.Acceptor.Transport.State));
        Assert.True(pair.Opener.SendMessage([1]));

        pair.Network.Conditions = LinkConditions.Perfect;
        Assert.True(pair.RunUntil(() => pair.IsUp, TimeSpan.FromSeconds(1)));
        pair.Run(TimeSpan.FromSeconds(1));

        Assert.Equal((1, 1), (pair.Opener.Transport.ChannelsOpened, pair.Acceptor.Transport.ChannelsOpened));
        Assert.Equal([1], Assert.Single(pair.Acceptor.Messages));
    }

    [Fact]
    public void HandleTimeout_LongInterruption_NewChannelOpens()
    {
        var pair = LinkPair.Connect();
        pair.Network.Conditions = Down;
        pair.Run(TimeSpan.FromSeconds(60));
        Assert.False(pair.Opener.SendRtp(1));
        Assert.False(pair.Acceptor.SendMessage([1]));
        var sent = (pair.Opener.Sent.Count, pair.Acceptor.Sent.Count);
        pair.Run(TimeSpan.FromSeconds(10));
        Assert.InRange(pair.Opener.Sent.Count - sent.Item1, 9, 11);
        Assert.Equal(sent.Item2, pair.Acceptor.Sent.Count);

        pair.Network.Conditions = LinkConditions.Perfect;

        Assert.True(pair.RunUntil(() => pair.IsUp, TimeSpan.FromSeconds(1.2)));
        Assert.Equal((2, 2), (pair.Opener.Transport.ChannelsOpened, pair.Acceptor.Transport.ChannelsOpened));
    }

    [Fact]
    public void HandleTimeout_ManySeedsOfInterruptions_LinkReturnsWithSameChannels()
    {
        for (var seed = 1; seed <= 100; seed++)
        {
            var pair = LinkPair.Connect(seed, HandshakeTests.Bad);
            var random = new Random(seed);
            for (var i = 0; i < 5; i++)
            {
                pair.Network.Conditions = Down;
                RunWithMedia(pair, random.Next(8000));
                pair.Network.Conditions = HandshakeTests.Bad;
                RunWithMedia(pair, random.Next(3000));
            }

            pair.Network.Conditions = LinkConditions.Perfect;
            Assert.True(pair.RunUntil(() => pair.IsUp, TimeSpan.FromSeconds(10)), $"seed {seed}");
            pair.Run(TimeSpan.FromSeconds(8));
            Assert.True(pair.IsUp, $"seed {seed}");

            var before = (pair.Opener.Messages.Count, pair.Acceptor.Messages.Count);
            Assert.True(pair.Opener.SendMessage([9]) && pair.Acceptor.SendMessage([8]));
            pair.Run(TimeSpan.FromSeconds(1));
            Assert.True(pair.Opener.Messages.Count == before.Item1 + 1 && pair.Acceptor.Messages.Count == before.Item2 + 1, $"seed {seed}");
        }
    }

    [Fact]
    public void HandleTimeout_OneDirectionFails_BothEndsAreBroken()
    {
        var pair = LinkPair.Connect();
        pair.Network.Detach(new Rtc.Datagrams.TransportAddress(0x0A000002, 2000));

        Assert.True(pair.RunUntil(() => pair.Acceptor.Transport.State == LinkState.Broken, TimeSpan.FromSeconds(2.2)));
        Assert.True(pair.RunUntil(() => pair.Opener.Transport.State == LinkState.Broken, TimeSpan.FromSeconds(6)));
        Assert.True(pair.RunUntil(() => !pair.Opener.SendRtp(1), TimeSpan.FromSeconds(6)));
    }

    /// <summary>What is sent in a direction that fails would arrive together when it works again.</summary>
    [Fact]
    public void HasRoom_OneDirectionFails_IsFalseUntilItWorks()
    {
        var pair = LinkPair.Connect();
        Assert.True(pair.Opener.Transport.HasRoom);
        pair.Network.Detach(new Rtc.Datagrams.TransportAddress(0x0A000002, 2000));

        Assert.True(pair.RunUntil(() => !pair.Opener.Transport.HasRoom, TimeSpan.FromSeconds(2.2)));
        Assert.Equal(LinkState.Up, pair.Opener.Transport.State);

        pair.Acceptor.Attach();
        Assert.True(pair.RunUntil(() => pair.Opener.Transport.HasRoom, TimeSpan.FromSeconds(0.5)));
        Assert.Equal(1, pair.Opener.Transport.ChannelsOpened);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void SetSecrets_AfterRestartOfOneEnd_NewChannelOpensAtBoth(bool isOpener)
    {
        for (var seed = 1; seed <= 20; seed++)
        {
            var pair = LinkPair.Connect(seed);
            pair.Opener.SendMessage([1]);
            if (isOpener)
            {
                pair.RestartOpener();
                pair.Opener.SetSecrets(LinkEnd.Secret(1));
            }
            else
            {
                pair.RestartAcceptor();
                pair.Acceptor.SetSecrets(LinkEnd.Secret(1));
            }

            Assert.True(pair.RunUntil(() => pair.IsUp && pair.Opener.Transport.ChannelsOpened + pair.Acceptor.Transport.ChannelsOpened == 3, TimeSpan.FromSeconds(4)));
            Assert.True(pair.Opener.SendMessage([2]) && pair.Acceptor.SendMessage([3]));
            pair.Run(TimeSpan.FromSeconds(5));
            Assert.True(pair.IsUp);
            Assert.Equal([2], pair.Acceptor.Messages[^1]);
            Assert.Equal([3], Assert.Single(pair.Opener.Messages));
        }
    }

    [Fact]
    public void Close_OneEnd_OtherEndIsBrokenAtOnce()
    {
        var pair = LinkPair.Connect();

        pair.Acceptor.Close();
        pair.Run(TimeSpan.FromMilliseconds(20));

        Assert.Equal((LinkState.Broken, LinkState.Closed), (pair.Opener.Transport.State, pair.Acceptor.Transport.State));
        Assert.Equal(Relay.Messages.ByeReason.Removed, pair.Opener.Transport.RemoteByeReason);
        Assert.Equal(LinkDropReason.Closed, pair.Acceptor.Receive(pair.Opener.Sent[^1]).DropReason);
        Assert.False(pair.Acceptor.SendRtp(1));
        pair.Run(TimeSpan.FromSeconds(10));
        Assert.Equal(LinkState.Broken, pair.Opener.Transport.State);

        pair.RestartAcceptor();
        pair.Acceptor.SetSecrets(LinkEnd.Secret(1));
        Assert.True(pair.RunUntil(() => pair.IsUp, TimeSpan.FromSeconds(2)));
    }

    [Fact]
    public void Close_AcceptNotSentYet_LeavesNothingDue()
    {
        var pair = LinkPair.Connect();
        var hello = pair.Opener.Sent.First(datagram => datagram[1] == 1);
        var end = pair.Acceptor.Transport;
        Assert.Equal(LinkReceivedKind.Handled, end.Handle(pair.Network.NowTicks, hello.ToArray()).Kind);

        pair.Acceptor.Close();

        Assert.Equal(long.MaxValue, end.NextTimeoutTicks);
        Assert.Equal(5, pair.Acceptor.Sent[^1][1]); // the goodbye, and no accept
    }

    [Fact]
    public void SetSecrets_AfterClose_ClearsThem()
    {
        var pair = LinkPair.Connect();
        pair.Opener.Close();
        var secret = LinkEnd.Secret(2);

        pair.Opener.SetSecrets(secret);

        Assert.False(secret.Bytes.ContainsAnyExcept((byte)0));
    }

    /// <summary>What a peer writes about media cannot end the link or change its state.</summary>
    [Theory]
    [InlineData(0, false)]
    [InlineData(1234, true)]
    public void ProtectRtcp_PacketWithNameOfControl_IsNotTakenForControl(uint ssrc, bool isSent)
    {
        var pair = LinkPair.Connect();
        var buffer = new byte[100];
        var writer = new RtcpWriter(buffer);
        Assert.True(writer.AddApplicationDefined(subtype: 4, ssrc, 0x4C494E4B, [7, 1, 0, 0])); // a bye
        var datagram = new byte[200];

        var length = pair.Opener.Transport.ProtectRtcp(writer.Written, datagram);

        Assert.Equal(isSent, length > 0);
        if (isSent)
        {
            Assert.Equal(LinkReceivedKind.Rtcp, pair.Acceptor.Receive(datagram.AsSpan(0, length)).Kind);
        }

        Assert.Equal(LinkState.Up, pair.Acceptor.Transport.State);
    }

    [Fact]
    public void TrySend_ChannelLimitReached_NewChannelOpens()
    {
        foreach (var isOpener in new[] { true, false })
        {
            var pair = LinkPair.Connect();
            var end = isOpener ? pair.Opener : pair.Acceptor;
            var count = 0;
            while (end.Transport.TrySend(pair.Network.NowTicks, new byte[1000]))
            {
                count++;
            }

            Assert.InRange(count, 1000, 1100); // 1 MiB
            Assert.Equal(LinkState.Broken, end.Transport.State);
            Assert.True(pair.RunUntil(() => pair.IsUp && pair.Opener.Transport.ChannelsOpened == 2 && pair.Acceptor.Transport.ChannelsOpened == 2, TimeSpan.FromSeconds(4)));
        }
    }

    [Fact]
    public void RoundTripTicks_AfterPings_IsThatOfTheNetwork()
    {
        var pair = LinkPair.Connect();
        pair.Run(TimeSpan.FromSeconds(5));

        Assert.InRange(pair.Opener.Transport.RoundTripTicks, TimeSpan.FromMilliseconds(20).Ticks, TimeSpan.FromMilliseconds(21).Ticks);
        Assert.InRange(pair.Acceptor.Transport.RoundTripTicks, TimeSpan.FromMilliseconds(20).Ticks, TimeSpan.FromMilliseconds(21).Ticks);
    }

    [Fact]
    public void InboundLoss_LossyNetwork_IsSeenByBothEnds()
    {
        var pair = LinkPair.Connect();
        RunWithMedia(pair, 3000);
        Assert.Equal((0, 0), (pair.Opener.Transport.OutboundLoss, pair.Acceptor.Transport.InboundLoss));

        pair.Network.Conditions = new LinkConditions { LossRate = 0.2 };
        RunWithMedia(pair, 5000);

        Assert.InRange(pair.Opener.Transport.OutboundLoss, 0.1, 0.3);
        Assert.InRange(pair.Opener.Transport.InboundLoss, 0.1, 0.3);
        Assert.InRange(pair.Acceptor.Transport.OutboundLoss, 0.1, 0.3);
        Assert.InRange(pair.Acceptor.Transport.InboundLoss, 0.1, 0.3);
    }

    [Fact]
    public void TryPoll_IdleLink_SendsOnePingAndOnePongPerSecond()
    {
        var pair = LinkPair.Connect();
        pair.Run(TimeSpan.FromSeconds(2));
        var before = pair.Opener.Sent.Count;

        pair.Run(TimeSpan.FromSeconds(60));

        Assert.InRange(pair.Opener.Sent.Count - before, 100, 125);
        Assert.True(pair.IsUp);
    }

    private static void RunWithMedia(LinkPair pair, int milliseconds)
    {
        for (var i = 0; i < milliseconds / 10; i++)
        {
            pair.Opener.SendRtp((ushort)(pair.Network.NowTicks / TimeSpan.TicksPerMillisecond / 10));
            pair.Acceptor.SendRtp((ushort)(pair.Network.NowTicks / TimeSpan.TicksPerMillisecond / 10));
            pair.Run(TimeSpan.FromMilliseconds(10));
        }
    }
}
