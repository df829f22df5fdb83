using MeetOperator.Relay.Transport;
using MeetOperator.Rtc.Testing;

namespace MeetOperator.Relay.Tests.Transport;

public sealed class HandshakeTests
{
    internal static readonly LinkConditions Bad = new() { LossRate = 0.3, DuplicationRate = 0.1, ReorderRate = 0.2, JitterTicks = 5 * TimeSpan.TicksPerMillisecond };

    [Fact]
    public void SetSecrets_BothEnds_LinkIsUpAfterTwoRoundTrips()
    {
        var pair = LinkPair.Connect();

        Assert.InRange(pair.Network.NowTicks - TimeSpan.TicksPerDay, 1, TimeSpan.FromMilliseconds(100).Ticks);
        Assert.Equal((1, 1), (pair.Opener.Transport.ChannelsOpened, pair.Acceptor.Transport.ChannelsOpened));
        Assert.Equal((ushort?)1, pair.Opener.Transport.Epoch);
    }

    [Fact]
    public void SetSecrets_AcceptorLater_LinkIsUp()
    {
        var pair = new LinkPair();
        pair.Opener.SetSecrets(LinkEnd.Secret(1));
        pair.Run(TimeSpan.FromSeconds(10));
        Assert.Equal(LinkState.Opening, pair.Opener.Transport.State);
        Assert.InRange(pair.Opener.Sent.Count, 10, 16); // at most one hello per second in the long run

        pair.Acceptor.SetSecrets(LinkEnd.Secret(1));

        Assert.True(pair.RunUntil(() => pair.IsUp, TimeSpan.FromSeconds(1.1)));
    }

    [Fact]
    public void Handshake_ManySeedsOfBadNetwork_LinkIsUpAndStays()
    {
        for (var seed = 1; seed <= 100; seed++)
        {
            var pair = LinkPair.Connect(seed, Bad);
            pair.Network.Conditions = LinkConditions.Perfect;
            pair.Run(TimeSpan.FromSeconds(3));

            Assert.True(pair.IsUp, $"seed {seed}");
            Assert.True(pair.Opener.SendMessage([1, 2]) && pair.Acceptor.SendMessage([3]), $"seed {seed}");
            pair.Run(TimeSpan.FromSeconds(1));
            Assert.True(pair.Acceptor.Messages is [[1, 2]] && pair.Opener.Messages is [[3]], $"seed {seed}");
        }
    }

    [Fact]
    public void Handshake_DifferentSecrets_StaysOpening()
    {
        var pair = new LinkPair();
        pair.Opener.SetSecrets(LinkEnd.Secret(1));
        pair.Acceptor.SetSecrets(LinkEnd.Secret(1, fill: 1));

        pair.Run(TimeSpan.FromSeconds(10));

        Assert.Equal((LinkState.Opening, LinkState.Opening), (pair.Opener.Transport.State, pair.Acceptor.Transport.State));
        Assert.InRange(pair.Acceptor.Transport.Drops[LinkDropReason.NotAuthentic], 5, 20);
        Assert.Empty(pair.Acceptor.Sent);
    }

    [Fact]
    public void Handshake_NoCommonEpoch_StaysOpening()
    {
        var pair = new LinkPair();
        pair.Opener.SetSecrets(LinkEnd.Secret(1));
        pair.Acceptor.SetSecrets(LinkEnd.Secret(2));

        pair.Run(TimeSpan.FromSeconds(5));

        Assert.Equal(LinkState.Opening, pair.Opener.Transport.State);
        Assert.InRange(pair.Acceptor.Transport.Drops[LinkDropReason.UnknownEpoch], 5, 20);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Handshake_OneEndHasNewerSecretToo_OpensWithTheCommonOne(bool isOpenerAhead)
    {
        var pair = new LinkPair();
        var (ahead, behind) = isOpenerAhead ? (pair.Opener, pair.Acceptor) : (pair.Acceptor, pair.Opener);
        ahead.SetSecrets(LinkEnd.Secret(3), LinkEnd.Secret(4));
        behind.SetSecrets(LinkEnd.Secret(3));

        Assert.True(pair.RunUntil(() => pair.IsUp, TimeSpan.FromSeconds(1)));
        Assert.Equal((ushort?)3, pair.Acceptor.Transport.Epoch);

        behind.SetSecrets(LinkEnd.Secret(3), LinkEnd.Secret(4));
        Assert.True(pair.RunUntil(() => pair.Opener.Transport.Epoch == 4 && pair.Acceptor.Transport.Epoch == 4, TimeSpan.FromSeconds(3)));
        Assert.Equal((1, 1), (pair.Opener.Transport.ChannelsOpened, pair.Acceptor.Transport.ChannelsOpened));
    }

    /// <summary>Two links with the same secret have no key in common, not even if one of their tags is the same.</summary>
    [Fact]
    public void Handshake_SecretOfAnotherLink_StaysOpening()
    {
        var buffer = new byte[LinkTransport.MaximumControlBytes];
        var opener = new LinkTransport(new LinkOptions { Role = LinkRole.Opener, LocalTag = 1, RemoteTag = 2, Random = new Random(1) });
        var acceptor = new LinkTransport(new LinkOptions { Role = LinkRole.Acceptor, LocalTag = 2, RemoteTag = 3, Random = new Random(2) });
        opener.SetSecrets(0, LinkEnd.Secret(1));
        acceptor.SetSecrets(0, LinkEnd.Secret(1));

        Assert.True(opener.TryPoll(0, buffer, out var length));

        Assert.Equal(LinkDropReason.NotAuthentic, acceptor.Handle(0, buffer.AsSpan(0, length)).DropReason);
    }

    [Fact]
    public void SetSecrets_SameEpochWithOtherBytesDuringHandshake_LinkIsUpSoon()
    {
        for (var milliseconds = 0; milliseconds <= 60; milliseconds++)
        {
            var pair = new LinkPair(milliseconds + 1);
            pair.Opener.SetSecrets(LinkEnd.Secret(1));
            pair.Acceptor.SetSecrets(LinkEnd.Secret(1));
            pair.Run(TimeSpan.FromMilliseconds(milliseconds));

            pair.Opener.SetSecrets(LinkEnd.Secret(1, fill: 7));
            pair.Acceptor.SetSecrets(LinkEnd.Secret(1, fill: 7));

            Assert.True(pair.RunUntil(() => pair.IsUp, TimeSpan.FromSeconds(1)), $"{milliseconds} ms");
        }
    }

    [Fact]
    public void SetSecrets_SameAgain_ChangesNothing()
    {
        var pair = LinkPair.Connect();

        pair.Opener.SetSecrets(LinkEnd.Secret(1));
        pair.Acceptor.SetSecrets(LinkEnd.Secret(1));
        var hellos = pair.Opener.Sent.Count(datagram => datagram[1] <= 3);
        pair.Run(TimeSpan.FromSeconds(3));

        Assert.True(pair.IsUp);
        Assert.Equal(hellos, pair.Opener.Sent.Count(datagram => datagram[1] <= 3));
        Assert.Equal(1, pair.Opener.Transport.ChannelsOpened);
    }

    [Fact]
    public void SetSecrets_AgainDuringHandshake_LinkIsUp()
    {
        for (var milliseconds = 0; milliseconds <= 60; milliseconds++)
        {
            var pair = new LinkPair(milliseconds + 1);
            pair.Opener.SetSecrets(LinkEnd.Secret(1));
            pair.Acceptor.SetSecrets(LinkEnd.Secret(1));
            pair.Run(TimeSpan.FromMilliseconds(milliseconds));

            pair.Opener.SetSecrets(LinkEnd.Secret(2));
            pair.Acceptor.SetSecrets(LinkEnd.Secret(2));

            Assert.True(pair.RunUntil(() => pair.IsUp && pair.Opener.Transport.Epoch == 2 && pair.Acceptor.Transport.Epoch == 2, TimeSpan.FromSeconds(5)), $"{milliseconds} ms");
        }
    }

    [Fact]
    public void SetSecrets_UsedOneRemoved_SessionEndsAtOnce()
    {
        var pair = LinkPair.Connect();

        pair.Acceptor.SetSecrets(LinkEnd.Secret(2));

        Assert.Equal(LinkState.Broken, pair.Acceptor.Transport.State);
        Assert.False(pair.Acceptor.SendRtp(1));
        Assert.False(pair.Acceptor.SendMessage([1]));
        Assert.Equal(LinkReceivedKind.Dropped, pair.Acceptor.Receive(pair.Opener.Sent[^1]).Kind);
    }

    [Fact]
    public void SetSecrets_SameEpochWithOtherBytes_SessionEndsAtOnce()
    {
        var pair = LinkPair.Connect();

        pair.Opener.SetSecrets(LinkEnd.Secret(1, fill: 9));
        pair.Acceptor.SetSecrets(LinkEnd.Secret(1, fill: 9));

        Assert.Equal(LinkState.Broken, pair.Opener.Transport.State);
        Assert.True(pair.RunUntil(() => pair.IsUp, TimeSpan.FromSeconds(2)));
        Assert.Equal((2, 2), (pair.Opener.Transport.ChannelsOpened, pair.Acceptor.Transport.ChannelsOpened));
    }
}
