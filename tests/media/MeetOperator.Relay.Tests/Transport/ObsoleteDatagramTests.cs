using MeetOperator.Relay.Transport;
using MeetOperator.Rtc.Testing;
using MeetOperator.Srtp;

namespace MeetOperator.Relay.Tests.Transport;

/// <summary>Datagrams that are authentic, but belong to another attempt, session or channel.</summary>
public sealed class ObsoleteDatagramTests
{
    private static readonly LinkConditions Down = new() { LossRate = 1 };

    [Fact]
    public void Handle_AcceptOfAnotherProcess_IsDropped()
    {
        var buffer = new byte[1200];
        LinkTransport Opener(int seed) => new(new LinkOptions { Role = LinkRole.Opener, LocalTag = 1, RemoteTag = 2, Random = new SameSession(seed) });
        var acceptor = new LinkTransport(new LinkOptions { Role = LinkRole.Acceptor, LocalTag = 2, RemoteTag = 1, Random = new Random(9) });
        var first = Opener(1);
        first.SetSecrets(0, LinkEnd.Secret(1));
        acceptor.SetSecrets(0, LinkEnd.Secret(1));
        Assert.True(first.TryPoll(0, buffer, out var length));
        acceptor.Handle(0, buffer.AsSpan(0, length));
        Assert.True(acceptor.TryPoll(0, buffer, out length));
        var accept = buffer[..length];

        var second = Opener(2);
        second.SetSecrets(0, LinkEnd.Secret(1));
        Assert.True(second.TryPoll(0, buffer, out _));
        Assert.Equal(LinkDropReason.Unexpected, second.Handle(0, accept.ToArray()).DropReason);
        Assert.Equal(LinkReceivedKind.Handled, first.Handle(0, accept.ToArray()).Kind);
        Assert.Equal(LinkDropReason.Unexpected, first.Handle(0, accept.ToArray()).DropReason); // one accept for each nonce
    }

    [Fact]
    public void Poll_EveryAttempt_HasItsOwnNonce()
    {
        var pair = LinkPair.Connect();
        for (byte i = 1; i < 5; i++)
        {
            pair.Opener.SetSecrets(LinkEnd.Secret(1, i));
            pair.Acceptor.SetSecrets(LinkEnd.Secret(1, i));
            pair.Run(TimeSpan.FromSeconds(3));
        }

        var hellos = pair.Opener.Sent.Where(d => d[1] == 1).Select(d => (Session: Convert.ToHexString(d, 10, 2), Nonce: Convert.ToHexString(d, 16, 16))).Distinct().ToArray();
        Assert.InRange(hellos.Length, 5, 50);
        Assert.Equal(hellos.Length, hellos.Select(h => h.Nonce).Distinct().Count());
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Handle_PacketOfFormerChannel_ChangesNothingInTheNewOne(bool isBye)
    {
        var pair = LinkPair.Connect();
        pair.Network.Conditions = Down;
        if (isBye)
        {
            pair.Opener.Close();
        }
        else
        {
            pair.Opener.SendMessage([1]);
        }

        var late = pair.Opener.Sent[^1];
        pair.Network.Conditions = LinkConditions.Perfect;
        pair.RestartOpener();
        pair.Opener.SetSecrets(LinkEnd.Secret(1));
        Assert.True(pair.RunUntil(() => pair.IsUp && pair.Acceptor.Transport.ChannelsOpened == 2));
        Assert.Equal(LinkReceivedKind.Handled, pair.Acceptor.Receive(late).Kind);
        Assert.Empty(pair.Acceptor.Messages);
        Assert.Equal(LinkState.Up, pair.Acceptor.Transport.State);
        Assert.Null(pair.Acceptor.Transport.RemoteByeReason);
    }

    [Fact]
    public void Handle_ConfirmForAChannelThatHasEnded_IsDropped()
    {
        var pair = LinkPair.Connect();
        pair.Network.Conditions = Down;
        pair.Run(TimeSpan.FromMilliseconds(2500));
        pair.Acceptor.Receive(pair.Opener.Sent.Last(d => d[1] == 1));
        pair.Opener.Receive(pair.Acceptor.Sent.Last(d => d[1] == 2));
        var confirm = pair.Opener.Sent.Last(d => d[1] == 3);
        while (pair.Acceptor.Transport.TrySend(pair.Network.NowTicks, new byte[1000]))
        {
        }

        Assert.Equal(LinkDropReason.Unexpected, pair.Acceptor.Receive(confirm).DropReason);
    }

    [Fact]
    public void UnprotectRtcp_StreamWasEvicted_ReplayIsRejected()
    {
        static SrtpKeys Keys(byte b) => new(SrtpProfile.AeadAes128Gcm, Enumerable.Repeat(b, 16).ToArray(), Enumerable.Repeat(b, 12).ToArray());
        using var sender = new SrtpSession(Keys(1), Keys(2));
        using var receiver = new SrtpSession(Keys(2), Keys(1), maximumInboundStreams: 2);
        var packet = new byte[100];
        var first = packet[..sender.ProtectRtcp([0x80, 201, 0, 1, 0, 0, 0, 9], packet)];
        Assert.Equal(SrtpStatus.Ok, receiver.UnprotectRtcp(first.ToArray(), out _));
        for (uint ssrc = 20; ssrc < 30; ssrc++)
        {
            Assert.Equal(SrtpStatus.Ok, receiver.UnprotectRtp(packet[..sender.ProtectRtp(LinkEnd.Header(1, ssrc), new byte[10], packet)], out _));
        }

        Assert.Equal(SrtpStatus.Replayed, receiver.UnprotectRtcp(first.ToArray(), out _));
    }

    private sealed class SameSession(int seed) : Random(seed)
    {
        public override int Next(int maxValue) => 77;
    }
}
