using MeetOperator.Rtc.Datagrams;
using MeetOperator.Rtc.Ice;
using MeetOperator.Rtc.Stun;

namespace MeetOperator.Rtc.Tests.Ice;

public sealed class IceControllingAgentTests
{
    private const long Start = 1000 * TimeSpan.TicksPerSecond;
    private static readonly TransportAddress Server = new(0x0A000001, 3478);
    private static readonly IceCredentials ServerCredentials = new("server", "server-password");

    private readonly OutgoingDatagrams outgoing = new();
    private readonly IceControllingAgent agent = new(new IceCredentials("client", "client-password"), new Random(1));
    private readonly IceLiteAgent lite = new(ServerCredentials, new Random(2));

    [Fact]
    public void HandleTimeout_UnknownCandidate_SendsNothing()
    {
        agent.HandleTimeout(Start, outgoing);
        Assert.Equal(0, outgoing.Count);
        Assert.Equal(long.MaxValue, agent.NextTimeoutTicks);
    }

    [Fact]
    public void HandleTimeout_NoResponse_RetransmitsWithSameTransaction()
    {
        agent.SetRemote(ServerCredentials, Server);
        var first = NextCheck(Start);
        Assert.Equal(Start + (50 * TimeSpan.TicksPerMillisecond), agent.NextTimeoutTicks);

        var second = NextCheck(agent.NextTimeoutTicks);

        Assert.Equal(first[8..20], second[8..20]);
        Assert.Null(agent.Selected);
    }

    [Fact]
    public void HandleTimeout_SevenTransmissions_StartsNewTransaction()
    {
        agent.SetRemote(ServerCredentials, Server);
        var checks = Enumerable.Range(0, 8).Select(i => NextCheck(Start + (i * TimeSpan.TicksPerSecond))).ToList();

        Assert.All(checks[..7], c => Assert.Equal(checks[0][8..20], c[8..20]));
        Assert.NotEqual(checks[0][8..20], checks[7][8..20]);
    }

    [Fact]
    public void Handle_LateResponse_IsAccepted()
    {
        agent.SetRemote(ServerCredentials, Server);
        var first = NextCheck(Start);
        NextCheck(agent.NextTimeoutTicks);

        Assert.Equal(DropReason.None, agent.Handle(Start + TimeSpan.TicksPerSecond, Server, AnswerOf(first), outgoing));

        Assert.Equal(Server, agent.Selected);
        Assert.True(agent.IsValidated(Server));
    }

    [Fact]
    public void Handle_Response_SchedulesCheckInFourToSixSeconds()
    {
        agent.SetRemote(ServerCredentials, Server);
        var now = Start;
        for (var i = 0; i < 50; i++)
        {
            agent.Handle(now, Server, AnswerOf(NextCheck(now)), outgoing);
            Assert.InRange(TimeSpan.FromTicks(agent.NextTimeoutTicks - now).TotalSeconds, 4, 6);
            now = agent.NextTimeoutTicks;
        }

        Assert.True(agent.LastConsentTicks > Start);
    }

    [Fact]
    public void Handle_InvalidResponse_IsDropped()
    {
        agent.SetRemote(ServerCredentials, Server);
        var answer = AnswerOf(NextCheck(Start));
        var forged = (byte[])answer.Clone();
        forged[25] ^= 1;

        Assert.Equal(DropReason.StunMalformed, agent.Handle(Start, Server, forged, outgoing));
        Assert.Equal(DropReason.StunUnexpected, agent.Handle(Start, new TransportAddress(1, 1), answer, outgoing));
        Assert.Null(agent.Selected);
        Assert.Equal(DropReason.None, agent.Handle(Start, Server, answer, outgoing));
        Assert.Equal(DropReason.StunUnexpected, agent.Handle(Start, Server, answer, outgoing));
    }

    [Fact]
    public void Handle_ResponseWithWrongPassword_IsDropped()
    {
        agent.SetRemote(ServerCredentials, Server);
        var check = NextCheck(Start);
        var buffer = new byte[StunMessageWriter.MaximumLength];
        var writer = new StunMessageWriter(buffer, StunMessageType.BindingSuccess, check.AsSpan(8, 12));
        writer.AddIntegrity("guess"u8);
        writer.AddFingerprint();

        Assert.Equal(DropReason.StunIntegrity, agent.Handle(Start, Server, buffer.AsSpan(0, writer.Length), outgoing));
        Assert.Null(agent.Selected);
    }

    [Fact]
    public void Handle_CheckFromMediaNode_IsAnsweredWhenAuthentic()
    {
        agent.SetRemote(ServerCredentials, Server);
        byte[] Request(string username, string password)
        {
            var buffer = new byte[StunMessageWriter.MaximumLength];
            var writer = new StunMessageWriter(buffer, StunMessageType.BindingRequest, "ABCDEFGHIJKL"u8);
            writer.AddUsername(System.Text.Encoding.ASCII.GetBytes(username));
            writer.AddIntegrity(System.Text.Encoding.ASCII.GetBytes(password));
            writer.AddFingerprint();
            return buffer[..writer.Length];
        }

        Assert.Equal(DropReason.StunUsername, agent.Handle(Start, Server, Request("other:server", "client-password"), outgoing));
        Assert.Equal(DropReason.StunIntegrity, agent.Handle(Start, Server, Request("client:server", "guess"), outgoing));
        Assert.Equal(0, outgoing.Count);
        Assert.Equal(DropReason.None, agent.Handle(Start, Server, Request("client:server", "client-password"), outgoing));

        Assert.True(outgoing.TryTake(out var to, out var datagram));
        Assert.Equal(Server, to);
        Assert.True(StunMessage.TryParse(datagram, out var answer));
        Assert.Equal(StunMessageType.BindingSuccess, answer.Type);
        Assert.True(answer.VerifyIntegrity("client-password"u8) && answer.VerifyFingerprint());
        Assert.Equal("ABCDEFGHIJKL"u8, answer.TransactionId);
    }

    private byte[] NextCheck(long nowTicks)
    {
        agent.HandleTimeout(nowTicks, outgoing);
        Assert.True(outgoing.TryTake(out var to, out var datagram));
        Assert.Equal(Server, to);
        return datagram.ToArray();
    }

    private byte[] AnswerOf(byte[] check)
    {
        Assert.Equal(DropReason.None, lite.Handle(Start, new TransportAddress(0x0A000002, 9), check, outgoing));
        Assert.True(outgoing.TryTake(out _, out var datagram));
        return datagram.ToArray();
    }
}
