using MeetOperator.Relay.Transport;
using MeetOperator.Rtc.Testing;

namespace MeetOperator.Relay.Tests.Transport;

/// <summary>Many handshake messages: of an attacker who sends captured hellos again, and of an end that has the secret.</summary>
public sealed class HandshakeFloodTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(10)]
    public void Handle_FloodOfOneCapturedHello_LinkOpens(int perMillisecond)
    {
        for (var seed = 1; seed <= 5; seed++)
        {
            var pair = LinkPair.Connect(seed);
            var hello = pair.Opener.Sent.First(datagram => datagram[1] == 1);
            pair.RestartAcceptor();
            pair.Acceptor.SetSecrets(LinkEnd.Secret(1));

            Assert.True(RunWithFlood(pair, [hello], perMillisecond, () => pair.IsUp && pair.Acceptor.Transport.ChannelsOpened == 1, TimeSpan.FromSeconds(8)), $"seed {seed}");
        }
    }

    [Fact]
    public void Handle_FloodOfManyCapturedHellos_LinkOpens()
    {
        for (var seed = 1; seed <= 5; seed++)
        {
            var pair = LinkPair.Connect(seed);
            var hellos = Capture(pair, 300);
            pair.RestartAcceptor();
            pair.Acceptor.SetSecrets(LinkEnd.Secret(1));

            Assert.True(RunWithFlood(pair, hellos, 5, () => pair.IsUp && pair.Acceptor.Transport.ChannelsOpened == 1, TimeSpan.FromSeconds(12)), $"seed {seed}");
        }
    }

    [Fact]
    public void Handle_FloodOfManyCapturedHellos_LinkIsRenewed()
    {
        var pair = LinkPair.Connect();
        var hellos = Capture(pair, 300);
        pair.Opener.SetSecrets(LinkEnd.Secret(1), LinkEnd.Secret(2));
        pair.Acceptor.SetSecrets(LinkEnd.Secret(1), LinkEnd.Secret(2));

        Assert.True(RunWithFlood(pair, hellos, 5, () => pair.Opener.Transport.Epoch == 2 && pair.Acceptor.Transport.Epoch == 2, TimeSpan.FromSeconds(8)));
        Assert.Equal((1, 1), (pair.Opener.Transport.ChannelsOpened, pair.Acceptor.Transport.ChannelsOpened));
    }

    /// <summary>An acceptor that answers no hello for long: the opener's nonces do not repeat, and each is used for few hellos.</summary>
    [Fact]
    public void TryPoll_NoAnswer_NonceChangesAfterFourHellosAndTimesVary()
    {
        var pair = new LinkPair();
        pair.Opener.SetSecrets(LinkEnd.Secret(1));
        var times = new List<long>();
        while (pair.Opener.Sent.Count < 41)
        {
            var count = pair.Opener.Sent.Count;
            Assert.True(pair.RunUntil(() => pair.Opener.Sent.Count > count, TimeSpan.FromSeconds(2)));
            times.Add(pair.Network.NowTicks);
        }

        var nonces = pair.Opener.Sent.Select(datagram => Convert.ToHexString(datagram, 16, 16)).ToArray();
        Assert.Equal(11, nonces.Distinct().Count());
        Assert.All(nonces.CountBy(nonce => nonce), nonce => Assert.InRange(nonce.Value, 1, 4));
        var intervals = times.Zip(times.Skip(1), (from, to) => to - from).Skip(10).ToArray();
        Assert.All(intervals, interval => Assert.InRange(interval, 0.87 * TimeSpan.TicksPerSecond, 1.13 * TimeSpan.TicksPerSecond));
        Assert.InRange(intervals.Max() - intervals.Min(), 0.1 * TimeSpan.TicksPerSecond, 0.3 * TimeSpan.TicksPerSecond);
    }

    [Fact]
    public void Handle_OpenerForcesNewChannels_OpensOneASecond()
    {
        var pair = LinkPair.Connect();
        var acceptor = pair.Acceptor.Transport;
        var before = acceptor.ChannelsOpened;
        var now = pair.Network.NowTicks;
        for (var i = 0; i < 1000; i++, now += TimeSpan.TicksPerSecond / 200)
        {
            using var hostile = new LinkTransport(new LinkOptions { Role = LinkRole.Opener, LocalTag = LinkPair.OpenerTag, RemoteTag = LinkPair.AcceptorTag, Random = new Random(i) });
            hostile.SetSecrets(now, LinkEnd.Secret(1));
            Exchange(now, hostile, acceptor);
        }

        Assert.InRange(acceptor.ChannelsOpened - before, 2, 8); // in five seconds
        Assert.InRange(acceptor.Drops[LinkDropReason.Rate], 100, 1000);
    }

    [Fact]
    public void Handle_AcceptorForcesNewChannels_OpensOneASecond()
    {
        var pair = LinkPair.Connect();
        var opener = pair.Opener.Transport;
        var before = opener.ChannelsOpened;
        var now = pair.Network.NowTicks;
        for (var i = 0; i < 1000; i++, now += TimeSpan.TicksPerSecond / 200)
        {
            using var hostile = new LinkTransport(new LinkOptions { Role = LinkRole.Acceptor, LocalTag = LinkPair.AcceptorTag, RemoteTag = LinkPair.OpenerTag, Random = new Random(i) });
            hostile.SetSecrets(now, LinkEnd.Secret(1, (byte)i));
            opener.SetSecrets(now, LinkEnd.Secret(1, (byte)i)); // starts a handshake at once
            Exchange(now, opener, hostile);
        }

        Assert.InRange(opener.ChannelsOpened - before, 2, 8);
        Assert.InRange(opener.Drops[LinkDropReason.Rate], 100, 1000);
    }

    /// <summary>Captures the hellos of an opener that starts again and again.</summary>
    private static byte[][] Capture(LinkPair pair, int count) => [.. Enumerable.Range(0, count).Select(i =>
    {
        var buffer = new byte[LinkTransport.MaximumControlBytes];
        using var opener = new LinkTransport(new LinkOptions { Role = LinkRole.Opener, LocalTag = LinkPair.OpenerTag, RemoteTag = LinkPair.AcceptorTag, Random = new Random(1000 + i) });
        opener.SetSecrets(pair.Network.NowTicks, LinkEnd.Secret(1));
        Assert.True(opener.TryPoll(pair.Network.NowTicks, buffer, out var length));
        return buffer[..length];
    })];

    private static bool RunWithFlood(LinkPair pair, byte[][] hellos, int perMillisecond, Func<bool> condition, TimeSpan limit)
    {
        var random = new Random(7);
        pair.Run(TimeSpan.FromTicks(33_333)); // the times of the attacker have nothing in common with those of the link
        var end = pair.Network.NowTicks + limit.Ticks;
        for (var i = 0; pair.Network.NowTicks < end && !condition(); i++)
        {
            pair.Acceptor.Receive(hellos[i % hellos.Length]);
            pair.Run(TimeSpan.FromTicks(1 + random.NextInt64(2 * TimeSpan.TicksPerMillisecond / perMillisecond)));
        }

        return condition();
    }

    private static void Exchange(long now, LinkTransport one, LinkTransport other)
    {
        var buffer = new byte[LinkTransport.MaximumControlBytes];
        for (var step = 0; step < 2; step++)
        {
            while (one.TryPoll(now, buffer, out var length))
            {
                other.Handle(now, buffer.AsSpan(0, length));
            }

            while (other.TryPoll(now, buffer, out var length))
            {
                one.Handle(now, buffer.AsSpan(0, length));
            }
        }
    }
}
