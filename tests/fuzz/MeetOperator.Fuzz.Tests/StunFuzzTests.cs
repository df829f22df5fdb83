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
}
