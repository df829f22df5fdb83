using MeetOperator.Rtc.Datagrams;
using MeetOperator.Rtc.Ice;
using MeetOperator.Rtc.Stun;

namespace MeetOperator.Rtc.Tests.Ice;

public sealed class IceControllingAgentTests
{
    private const long Start = 1000 * TimeSpan.TicksPerSecond;
    private static readonly TransportAddress Server = new(0x0A000001, 3478);
    private static readonly IceCredentials ServerCredentials = new("server", "server-password");

    private readonly OutgoingDatagrams _outgoing = new();
    private readonly IceControllingAgent _agent = new(new IceCredentials("client", "client-password"), new Random(1));
    private readonly IceLiteAgent _lite = new(ServerCredentials, new Random(2));

    [Fact]
    public void HandleTimeout_UnknownCandidate_SendsNothing()
    {
        _agent.HandleTimeout(Start, _outgoing);
        Assert.Equal(0, _outgoing.Count);
        Assert.Equal(long.MaxValue, _agent.NextTimeoutTicks);
    }

    [Fact]
    public void HandleTimeout_NoResponse_RetransmitsWithSameTransaction()
    {
        _agent.SetRemote(ServerCredentials, Server);
        var first = NextCheck(Start);
        Assert.Equal(Start + (50 * TimeSpan.TicksPerMillisecond), _agent.NextTimeoutTicks);

        var second = NextCheck(_agent.NextTimeoutTicks);

        Assert.Equal(first[8..20], second[8..20]);
        Assert.Null(_agent.Selected);
    }

    [Fact]
    public void HandleTimeout_SevenTransmissions_StartsNewTransaction()
    {
        _agent.SetRemote(ServerCredentials, Server);
        var checks = Enumerable.Range(0, 8).Select(i => NextCheck(Start + (i * TimeSpan.TicksPerSecond))).ToList();

        Assert.All(checks[..7], c => Assert.Equal(checks[0][8..20], c[8..20]));
        Assert.NotEqual(checks[0][8..20], checks[7][8..20]);
    }

    [Fact]
    public void Handle_LateResponse_IsAccepted()
    {
        _agent.SetRemote(ServerCredentials, Server);
        var first = NextCheck(Start);
        NextCheck(_agent.NextTimeoutTicks);

        Assert.Equal(DropReason.None, _agent.Handle(Start + TimeSpan.TicksPerSecond, Server, AnswerOf(first), _outgoing));

        Assert.Equal(Server, _agent.Selected);
        Assert.True(_agent.IsValidated(Server));
    }

    [Fact]
    public void Handle_Response_SchedulesCheckInFourToSixSeconds()
    {
        _agent.SetRemote(ServerCredentials, Server);
        var now = Start;
        for (var i = 0; i < 50; i++)
        {
            _agent.Handle(now, Server, AnswerOf(NextCheck(now)), _outgoing);
            Assert.InRange(TimeSpan.FromTicks(_agent.NextTimeoutTicks - now).TotalSeconds, 4, 6);
            now = _agent.NextTimeoutTicks;
        }

        Assert.True(_agent.LastConsentTicks > Start);
    }

    [Fact]
    public void Handle_InvalidResponse_IsDropped()
    {
        _agent.SetRemote(ServerCredentials, Server);
        var answer = AnswerOf(NextCheck(Start));
        var forged = (byte[])answer.Clone();
        forged[25] ^= 1;

        Assert.Equal(DropReason.StunMalformed, _agent.Handle(Start, Server, forged, _outgoing));
        Assert.Equal(DropReason.StunUnexpected, _agent.Handle(Start, new TransportAddress(1, 1), answer, _outgoing));
        Assert.Null(_agent.Selected);
        Assert.Equal(DropReason.None, _agent.Handle(Start, Server, answer, _outgoing));
        Assert.Equal(DropReason.StunUnexpected, _agent.Handle(Start, Server, answer, _outgoing));
    }

    [Fact]
    public void Handle_ResponseWithWrongPassword_IsDropped()
    {
        _agent.SetRemote(ServerCredentials, Server);
        var check = NextCheck(Start);
        var buffer = new byte[StunMessageWriter.MaximumLength];
        var writer = new StunMessageWriter(buffer, StunMessageType.BindingSuccess, check.AsSpan(8, 12));
        writer.AddIntegrity("guess"u8);
        writer.AddFingerprint();

        Assert.Equal(DropReason.StunIntegrity, _agent.Handle(Start, Server, buffer.AsSpan(0, writer.Length), _outgoing));
        Assert.Null(_agent.Selected);
    }

    [Fact]
    public void Handle_CheckFromMediaNode_IsAnsweredWhenAuthentic()
    {
        _agent.SetRemote(ServerCredentials, Server);
        byte[] Request(string username, string password)
        {
            var buffer = new byte[StunMessageWriter.MaximumLength];
            var writer = new StunMessageWriter(buffer, StunMessageType.BindingRequest, "ABCDEFGHIJKL"u8);
            writer.AddUsername(System.Text.Encoding.ASCII.GetBytes(username));
            writer.AddIntegrity(System.Text.Encoding.ASCII.GetBytes(password));
            writer.AddFingerprint();
            return buffer[..writer.Length];
        }

        Assert.Equal(DropReason.StunUsername, _agent.Handle(Start, Server, Request("other:server", "client-password"), _outgoing));
        Assert.Equal(DropReason.StunIntegrity, _agent.Handle(Start, Server, Request("client:server", "guess"), _outgoing));
        Assert.Equal(0, _outgoing.Count);
        Assert.Equal(DropReason.None, _agent.Handle(Start, Server, Request("client:server", "client-password"), _outgoing));

        Assert.True(_outgoing.TryTake(out var to, out var datagram));
        Assert.Equal(Server, to);
        Assert.True(StunMessage.TryParse(datagram, out var answer));
        Assert.Equal(StunMessageType.BindingSuccess, answer.Type);
        Assert.True(answer.VerifyIntegrity("client-password"u8) && answer.VerifyFingerprint());
        Assert.Equal("ABCDEFGHIJKL"u8, answer.TransactionId);
    }

    private byte[] NextCheck(long nowTicks)
    {
        _agent.HandleTimeout(nowTicks, _outgoing);
        Assert.True(_outgoing.TryTake(out var to, out var datagram));
        Assert.Equal(Server, to);
        return datagram.ToArray();
    }

    private byte[] AnswerOf(byte[] check)
    {
        Assert.Equal(DropReason.None, _lite.Handle(Start, new TransportAddress(0x0A000002, 9), check, _outgoing));
        Assert.True(_outgoing.TryTake(out _, out var datagram));
        return datagram.ToArray();
    }
}
