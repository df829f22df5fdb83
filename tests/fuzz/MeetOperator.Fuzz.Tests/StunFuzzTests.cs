using MeetOperator.Rtc.Datagrams;
using MeetOperator.Rtc.Ice;
using MeetOperator.Rtc.Stun;

namespace MeetOperator.Fuzz.Tests;

public sealed class StunFuzzTests
{
    [Fact]
    public void Message_AnyBytes_IsParsedOrRejected() => FuzzLoop.Run("stun", input =>
    {
        StunMessage.TryReadLocalUfrag(input, out _);
        if (StunMessage.TryParse(input, out var message))
        {
            _ = message.Username.Length + message.TransactionId.Length + (int)message.Priority;
            message.VerifyFingerprint();
            message.VerifyIntegrity("password"u8);
        }
    });

    [Fact]
    public void LiteAgent_AnyBytes_ValidateNoAddress()
    {
        var agent = new IceLiteAgent(new IceCredentials("evtj", "not the password of the vectors"), new Random(1));
        var outgoing = new OutgoingDatagrams();
        var from = new TransportAddress(1, 1);
        FuzzLoop.Run("stun", input =>
        {
            Assert.NotEqual(DropReason.None, agent.Handle(1, from, input, outgoing));
            Assert.False(agent.IsValidated(from));
        });
        Assert.Equal(0, outgoing.Count);
    }

    [Fact]
    public void BindingResponder_AnyBytes_AnswersWithAtMostOneAndAHalfTimes()
    {
        var (responder, now, buffer) = (new BindingResponder(1), 0L, new byte[EchoProbe.MaximumLength]);
        FuzzLoop.Run("stun", input =>
        {
            now += TimeSpan.TicksPerSecond;
            if (responder.TryRespond(now, new TransportAddress(0x20010DB800000000, 1, 1), input, buffer, out var length))
            {
                Assert.InRange(length * 2, 1, input.Length * 3);
            }
        });
    }
}
