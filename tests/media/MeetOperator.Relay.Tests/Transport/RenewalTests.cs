using System.Reflection;
using MeetOperator.Relay.Keys;
using MeetOperator.Relay.Transport;
using MeetOperator.Rtc.Testing;
using MeetOperator.Srtp;

namespace MeetOperator.Relay.Tests.Transport;

public sealed class RenewalTests
{
    [Fact]
    public void SetSecrets_NewerOneDuringMedia_LosesNoPacketAndNoMessage()
    {
        var conditions = new LinkConditions { ReorderRate = 0.1, JitterTicks = 2 * TimeSpan.TicksPerMillisecond, DuplicationRate = 0.05 };
        for (var seed = 1; seed <= 20; seed++)
        {
            var pair = LinkPair.Connect(seed, conditions);
            for (ushort i = 0; i < 2000; i++)
            {
                switch (i)
                {
                    case 500:
                        pair.Opener.SetSecrets(LinkEnd.Secret(1), LinkEnd.Secret(2));
                        break;
                    case 600:
                        pair.Acceptor.SetSecrets(LinkEnd.Secret(1), LinkEnd.Secret(2));
                        break;
                    case 1500:
                        Assert.True(pair.Opener.Transport.Epoch == 2 && pair.Acceptor.Transport.Epoch == 2, $"seed {seed}");
                        pair.Opener.SetSecrets(LinkEnd.Secret(2));
                        pair.Acceptor.SetSecrets(LinkEnd.Secret(2));
                        break;
                }

                Assert.True(pair.Opener.SendRtp((ushort)(64_000 + i)) && pair.Acceptor.SendRtp(i), $"seed {seed}, packet {i}");
                Assert.True(pair.Opener.SendMessage([(byte)(i >> 8), (byte)i]));
                pair.Run(TimeSpan.FromMilliseconds(1));
                Assert.True(pair.IsUp, $"seed {seed}, packet {i}");
            }

            pair.Run(TimeSpan.FromSeconds(1));
            Assert.Equal((2000, 2000), (pair.Opener.Rtp.Count, pair.Acceptor.Rtp.Count));
            Assert.Equal(Enumerable.Range(0, 2000), pair.Acceptor.Messages.Select(message => (message[0] << 8) | message[1]));
            Assert.Equal((1, 1), (pair.Opener.Transport.ChannelsOpened, pair.Acceptor.Transport.ChannelsOpened));
        }
    }

    /// <summary>New keys take effect while a sequence number wraps and packets are lost: the stream continues, although the receiver's first packet is after the wrap.</summary>
    [Fact]
    public void SetSecrets_WrapWithLossAfterRenewal_StreamContinues()
    {
        for (var lost = 0; lost < 8; lost++)
        {
            var pair = LinkPair.Connect();
            pair.Opener.SetSecrets(LinkEnd.Secret(1), LinkEnd.Secret(2));
            pair.Acceptor.SetSecrets(LinkEnd.Secret(1), LinkEnd.Secret(2));
            Assert.True(pair.RunUntil(() => pair.Opener.Transport.Epoch == 2));

            pair.Network.Conditions = new LinkConditions { LossRate = 1 };
            for (var i = 0; i < lost; i++)
            {
                pair.Opener.SendRtp((ushort)(65_532 + i));
            }

            pair.Network.Conditions = LinkConditions.Perfect;
            for (var i = lost; i < 20; i++)
            {
                pair.Opener.SendRtp((ushort)(65_532 + i));
            }

            pair.Run(TimeSpan.FromSeconds(1));
            Assert.Equal(20 - lost, pair.Acceptor.Rtp.Count);
        }
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void SetSecrets_OnlyOneEndHasTheNewerOne_SessionContinues(bool isOpener)
    {
        var pair = LinkPair.Connect();

        (isOpener ? pair.Opener : pair.Acceptor).SetSecrets(LinkEnd.Secret(1), LinkEnd.Secret(2));
        pair.Run(TimeSpan.FromSeconds(10));

        Assert.True(pair.IsUp);
        Assert.Equal((1, 1), (pair.Opener.Transport.Epoch ?? 0, pair.Acceptor.Transport.Epoch ?? 0));
        Assert.Equal(0, pair.Acceptor.Transport.Drops[LinkDropReason.UnknownEpoch]);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void SetSecrets_CommonOneAfterRenewalWithoutOne_IsUsed(bool acceptorHadTheSame)
    {
        var pair = LinkPair.Connect();
        pair.Acceptor.SetSecrets(LinkEnd.Secret(1), LinkEnd.Secret(acceptorHadTheSame ? (ushort)2 : (ushort)3));
        pair.Run(TimeSpan.FromSeconds(3));
        if (acceptorHadTheSame)
        {
            pair.Acceptor.SetSecrets(LinkEnd.Secret(1), LinkEnd.Secret(3));
        }

        pair.Opener.SetSecrets(LinkEnd.Secret(1), LinkEnd.Secret(2));
        pair.Run(TimeSpan.FromSeconds(3));
        Assert.Equal((ushort?)1, pair.Opener.Transport.Epoch);

        pair.Acceptor.SetSecrets(LinkEnd.Secret(1), LinkEnd.Secret(3), LinkEnd.Secret(4));
        pair.Opener.SetSecrets(LinkEnd.Secret(1), LinkEnd.Secret(2), LinkEnd.Secret(4));

        Assert.True(pair.RunUntil(() => pair.Opener.Transport.Epoch == 4 && pair.Acceptor.Transport.Epoch == 4, TimeSpan.FromSeconds(3)));
        Assert.Equal((1, 1), (pair.Opener.Transport.ChannelsOpened, pair.Acceptor.Transport.ChannelsOpened));
    }

    /// <summary>Either end has opened many streams: the session is replaced before the limit, with the same secret and the same channel.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void ProtectRtp_ManyStreams_SessionIsReplacedBeforeTheLimit(bool isOpener)
    {
        const int MaximumStreams = 64;
        var pair = LinkPair.Connect(maximumStreams: MaximumStreams);
        var end = isOpener ? pair.Opener : pair.Acceptor;
        for (uint ssrc = 1; ssrc <= 4 * 16 * MaximumStreams; ssrc++)
        {
            Assert.True(end.SendRtp(1, ssrc), $"stream {ssrc}");
            pair.Run(TimeSpan.FromMilliseconds(50));
        }

        Assert.True(pair.IsUp);
        Assert.InRange(pair.Opener.Sent.Where(datagram => datagram[1] == 3).Select(datagram => (datagram[10], datagram[11])).Distinct().Count(), 5, 7); // one for each three quarters of a limit
        Assert.Equal((1, 1), (pair.Opener.Transport.ChannelsOpened, pair.Acceptor.Transport.ChannelsOpened));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void TryPoll_ManyControlPackets_SessionIsReplacedBeforeTheLimit(bool isOpener)
    {
        const BindingFlags Private = BindingFlags.NonPublic | BindingFlags.Instance;
        var pair = LinkPair.Connect();
        pair.Run(TimeSpan.FromSeconds(2));
        var before = pair.Opener.Sent[^1].AsSpan(2, 2).ToArray(); // the number of the session
        var sessions = (LinkSessions)typeof(LinkTransport).GetField("_sessions", Private)!.GetValue((isOpener ? pair.Opener : pair.Acceptor).Transport)!;
        var sender = typeof(SrtpSession).GetField("_sender", Private)!.GetValue(sessions.Current!.Srtp)!;
        sender.GetType().GetField("_nextRtcpIndex", Private)!.SetValue(sender, 0x6000_0000u);

        pair.Run(TimeSpan.FromSeconds(12));

        Assert.NotEqual(before, pair.Opener.Sent[^1].AsSpan(2, 2).ToArray());
        Assert.True(pair.IsUp);
        Assert.Equal((1, 1), (pair.Opener.Transport.ChannelsOpened, pair.Acceptor.Transport.ChannelsOpened));
        Assert.Equal(0, pair.Acceptor.Transport.Drops[LinkDropReason.Replayed]);
    }

    [Fact]
    public void SetSecrets_RenewalOnBadNetwork_MessagesArriveInOrder()
    {
        for (var seed = 1; seed <= 30; seed++)
        {
            var pair = LinkPair.Connect(seed, HandshakeTests.Bad);
            var secrets = new List<ushort> { 1 };
            for (var i = 0; i < 1000; i++)
            {
                if (i % 200 == 100)
                {
                    secrets = [.. secrets.TakeLast(2), (ushort)(secrets[^1] + 1)];
                    pair.Opener.SetSecrets([.. secrets.Select(epoch => LinkEnd.Secret(epoch))]);
                    pair.Acceptor.SetSecrets([.. secrets.Select(epoch => LinkEnd.Secret(epoch))]);
                }

                pair.Opener.SendMessage([(byte)(i >> 8), (byte)i]);
                pair.Run(TimeSpan.FromMilliseconds(10));
            }

            pair.Network.Conditions = LinkConditions.Perfect;
            pair.Run(TimeSpan.FromSeconds(3));
            Assert.True(pair.Opener.Transport.ChannelsOpened == 1 && pair.Acceptor.Transport.ChannelsOpened == 1, $"seed {seed}");
            Assert.True(pair.Acceptor.Messages.Select(message => (message[0] << 8) | message[1]).SequenceEqual(Enumerable.Range(0, 1000)), $"seed {seed}");
            Assert.True(pair.Opener.Transport.Epoch == secrets[^1], $"seed {seed}");
        }
    }

    [Fact]
    public void Handle_LatePacketsOfFormerSession_AreReceivedForFiveSeconds()
    {
        var pair = LinkPair.Connect();
        pair.Network.Conditions = new LinkConditions { LossRate = 1 };
        pair.Opener.SendRtp(1);
        var early = pair.Opener.Sent[^1];
        pair.Opener.SendRtp(2);
        var late = pair.Opener.Sent[^1];
        pair.Network.Conditions = LinkConditions.Perfect;
        pair.Opener.SetSecrets(LinkEnd.Secret(1), LinkEnd.Secret(2));
        pair.Acceptor.SetSecrets(LinkEnd.Secret(1), LinkEnd.Secret(2));
        Assert.True(pair.RunUntil(() => pair.Acceptor.Transport.Epoch == 2 && pair.Opener.Transport.Epoch == 2));

        pair.Run(TimeSpan.FromSeconds(4));
        Assert.Equal(LinkReceivedKind.Rtp, pair.Acceptor.Receive(early).Kind);
        Assert.Equal(LinkDropReason.Replayed, pair.Acceptor.Receive(early).DropReason);

        pair.Run(TimeSpan.FromSeconds(2));
        Assert.Equal(LinkDropReason.UnknownSession, pair.Acceptor.Receive(late).DropReason);
    }

    [Fact]
    public void LinkSecret_AsText_HasNoKeyMaterial()
    {
        using var secret = new LinkSecret(7, Enumerable.Repeat((byte)0xAB, LinkSecret.Length).ToArray());

        Assert.Equal("LinkSecret 7", secret.ToString());
        Assert.DoesNotContain(typeof(LinkSecret).GetProperties(), property => property.PropertyType == typeof(byte[]));
    }
}
