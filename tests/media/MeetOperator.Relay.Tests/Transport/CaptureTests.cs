using MeetOperator.Relay.Transport;
using MeetOperator.Rtc.Testing;

namespace MeetOperator.Relay.Tests.Transport;

/// <summary>An attacker who has captured all datagrams of a link, or who makes up some, and does not know the secret.</summary>
public sealed class CaptureTests
{
    [Fact]
    public void Handle_CaptureOfBothDirectionsAgain_ChangesNothing()
    {
        var pair = ConnectWithTraffic();
        var before = Describe(pair);
        byte[][] capture = [.. pair.Opener.Sent, .. pair.Acceptor.Sent];

        foreach (var datagram in capture)
        {
            Assert.True(pair.Acceptor.Receive(datagram).Kind == LinkReceivedKind.Dropped || datagram[1] == 1, "Only a hello is answered.");
            Assert.Equal(LinkReceivedKind.Dropped, pair.Opener.Receive(datagram).Kind);
        }

        Assert.Equal(before, Describe(pair));
        pair.Run(TimeSpan.FromSeconds(5));
        Assert.True(pair.IsUp);
        Assert.Equal(before, Describe(pair));
    }

    /// <summary>A restarted process with the same secret has no session: a capture of an earlier one opens none and is never decrypted.</summary>
    [Fact]
    public void Handle_CaptureAgainstRestartedProcess_OpensNothing()
    {
        var pair = ConnectWithTraffic();
        var capture = pair.Opener.Sent.ToArray();
        pair.RestartAcceptor();
        pair.Acceptor.SetSecrets(LinkEnd.Secret(1));

        foreach (var datagram in capture)
        {
            var result = pair.Acceptor.Receive(datagram);
            Assert.True(result.Kind == LinkReceivedKind.Dropped || datagram[1] == 1);
        }

        Assert.Equal(LinkState.Opening, pair.Acceptor.Transport.State);
        Assert.Empty(pair.Acceptor.Rtp);
        Assert.Empty(pair.Acceptor.Messages);
        Assert.All(pair.Acceptor.Sent, datagram => Assert.Equal((2, 64), (datagram[1], datagram.Length)));
    }

    [Fact]
    public void Handle_CaptureAgainstOpenerOfNewProcess_OpensNothing()
    {
        var pair = ConnectWithTraffic();
        var capture = pair.Acceptor.Sent.ToArray();
        pair.RestartOpener();
        pair.Opener.SetSecrets(LinkEnd.Secret(1));

        Assert.All(capture, datagram => Assert.Equal(LinkReceivedKind.Dropped, pair.Opener.Receive(datagram).Kind));
        Assert.Equal(LinkState.Opening, pair.Opener.Transport.State);
        Assert.Empty(pair.Opener.Rtp);
    }

    [Fact]
    public void Handle_OldHellosDuringOpening_DoNotKeepTheLinkDown()
    {
        var pair = ConnectWithTraffic();
        var hellos = pair.Opener.Sent.Where(datagram => datagram[1] is 1 or 3).ToArray();
        pair.RestartAcceptor();
        pair.Acceptor.SetSecrets(LinkEnd.Secret(1));
        var nextTicks = pair.Network.NowTicks;

        Assert.True(pair.RunUntil(
            () =>
            {
                for (; nextTicks <= pair.Network.NowTicks; nextTicks += 20 * TimeSpan.TicksPerMillisecond)
                {
                    foreach (var hello in hellos)
                    {
                        pair.Acceptor.Receive(hello);
                    }
                }

                return pair.IsUp;
            },
            TimeSpan.FromSeconds(10)));
    }

    [Fact]
    public void Handle_ReflectedDatagrams_AreDropped()
    {
        var pair = ConnectWithTraffic();

        Assert.All(pair.Opener.Sent, datagram => Assert.Equal(LinkDropReason.UnknownTag, pair.Opener.Receive(datagram).DropReason));
        Assert.All(pair.Opener.Sent, datagram => Assert.Equal(LinkReceivedKind.Dropped, pair.Opener.Receive(WithTag(datagram, LinkPair.OpenerTag)).Kind));
        Assert.All(pair.Acceptor.Sent, datagram => Assert.Equal(LinkReceivedKind.Dropped, pair.Acceptor.Receive(WithTag(datagram, LinkPair.AcceptorTag)).Kind));
    }

    [Fact]
    public void Handle_AnyFlippedBit_ChangesNothing()
    {
        foreach (var seed in new[] { 1, 2 })
        {
            var pair = new LinkPair(seed);
            pair.Network.Conditions = new LinkConditions { LossRate = 1 };
            pair.Opener.SetSecrets(LinkEnd.Secret(1));
            pair.Acceptor.SetSecrets(LinkEnd.Secret(1));

            // Each step of the handshake, and then packets: first every forgery, then the genuine datagram.
            Deliver(pair.Opener.Sent[0], pair.Acceptor);
            Deliver(pair.Acceptor.Sent[0], pair.Opener);
            Deliver(pair.Opener.Sent[1], pair.Acceptor);
            Assert.Equal(LinkState.Up, pair.Acceptor.Transport.State);
            Deliver(pair.Acceptor.Sent[1], pair.Opener);
            Assert.Equal(LinkState.Up, pair.Opener.Transport.State);
            pair.Opener.SendRtp(5);
            Deliver(pair.Opener.Sent[^1], pair.Acceptor);
            pair.Opener.SendMessage([1, 2, 3]);
            Deliver(pair.Opener.Sent[^1], pair.Acceptor);
            Assert.Single(pair.Acceptor.Rtp);
            Assert.Single(pair.Acceptor.Messages);
        }

        static void Deliver(byte[] datagram, LinkEnd end)
        {
            for (var bit = 0; bit < datagram.Length * 8; bit++)
            {
                var forged = datagram.ToArray();
                forged[bit / 8] ^= (byte)(1 << (bit % 8));
                Assert.True(end.Receive(forged).Kind == LinkReceivedKind.Dropped, $"bit {bit}");
            }

            for (var length = 0; length < datagram.Length; length++)
            {
                Assert.Equal(LinkReceivedKind.Dropped, end.Receive(datagram[..length]).Kind);
            }

            Assert.NotEqual(LinkReceivedKind.Dropped, end.Receive(datagram).Kind);
        }
    }

    [Fact]
    public void Handle_FloodOfForgedDatagrams_ChangesNothing()
    {
        var pair = ConnectWithTraffic();
        var before = Describe(pair);
        var random = new Random(3);
        for (var i = 0; i < 10_000; i++)
        {
            var datagram = new byte[random.Next(8, 100)];
            random.NextBytes(datagram);
            (datagram[0], datagram[1]) = (0xE5, (byte)(1 + (i % 5)));
            datagram = WithTag(datagram, LinkPair.AcceptorTag);
            if (i % 2 == 0)
            {
                pair.Opener.Sent[^1].AsSpan(2, 2).CopyTo(datagram.AsSpan(2)); // the number of the session
            }

            Assert.Equal(LinkReceivedKind.Dropped, pair.Acceptor.Receive(datagram).Kind);
        }

        Assert.Equal(before, Describe(pair));
    }

    [Fact]
    public void Handle_FloodOfOneHello_IsAnsweredAtLimitedRate()
    {
        var pair = ConnectWithTraffic();
        var hello = pair.Opener.Sent.First(datagram => datagram[1] == 1);
        var before = pair.Acceptor.Sent.Count;

        for (var i = 0; i < 10_000; i++)
        {
            pair.Acceptor.Receive(hello);
        }

        Assert.InRange(pair.Acceptor.Sent.Count - before, 1, 4);
        Assert.InRange(pair.Acceptor.Transport.Drops[LinkDropReason.Rate], 9_996, 10_000);
    }

    /// <summary>Captures all datagrams of several sessions with one secret. The same packet is never encrypted to the same bytes.</summary>
    [Fact]
    public void ProtectRtp_SamePacketInManySessions_NeverRepeatsKeyAndNonce()
    {
        var pair = LinkPair.Connect();
        var seen = new HashSet<string>();
        for (var session = 0; session < 50; session++)
        {
            Assert.True(pair.Opener.SendRtp(1) && pair.Acceptor.SendRtp(1));
            Assert.True(seen.Add(Convert.ToHexString(pair.Opener.Sent[^1].AsSpan(20))), "The opener repeats a key stream.");
            Assert.True(seen.Add(Convert.ToHexString(pair.Acceptor.Sent[^1].AsSpan(20))), "The acceptor repeats a key stream.");
            if (session % 2 == 0)
            {
                pair.RestartOpener();
                pair.Opener.SetSecrets(LinkEnd.Secret(1));
            }
            else
            {
                pair.RestartAcceptor();
                pair.Acceptor.SetSecrets(LinkEnd.Secret(1));
            }

            pair.Run(TimeSpan.FromSeconds(3));
            Assert.True(pair.IsUp);
        }
    }

    private static LinkPair ConnectWithTraffic()
    {
        var pair = LinkPair.Connect();
        for (ushort number = 1; number <= 20; number++)
        {
            pair.Opener.SendRtp(number);
            pair.Acceptor.SendRtp(number);
        }

        Assert.True(pair.Opener.SendMessage([1, 2, 3]) && pair.Acceptor.SendMessage([4, 5]));
        pair.Run(TimeSpan.FromSeconds(2));
        Assert.Equal((20, 20), (pair.Opener.Rtp.Count, pair.Acceptor.Rtp.Count));
        return pair;
    }

    private static byte[] WithTag(byte[] datagram, uint tag) => [.. datagram[..4], (byte)(tag >> 24), (byte)(tag >> 16), (byte)(tag >> 8), (byte)tag, .. datagram[8..]];

    private static string Describe(LinkPair pair) => string.Join('\n', new[] { pair.Opener, pair.Acceptor }.Select(end =>
        $"{end.Transport.State} {end.Transport.ChannelsOpened} {end.Transport.Epoch} {end.Rtp.Count} {end.Messages.Count}"));
}
