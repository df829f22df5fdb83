using MeetOperator.NodeControl.Testing;
using MeetOperator.TurnControl;

namespace MeetOperator.Turn.Tests;

/// <summary>Text of objects gets into logs and messages of exceptions.</summary>
public sealed class SecretTextTests
{
    [Fact]
    public void ToString_State_HasNoSecret()
    {
        var text = new TurnState { Secrets = ["CANARY1"], Peers = [], Certificate = "CANARY2", PrivateKey = "CANARY3" }.ToString();
        Assert.DoesNotContain("CANARY", text, StringComparison.Ordinal);
    }

    [Fact]
    public void ToString_Options_HasNoCredentials()
    {
        using var authority = new TestAuthority();
        var options = CoturnArgumentsTests.Options with { Credentials = TestAuthority.Read(authority.Node("meet-default", "relay")) };
        Assert.Equal("TurnOptions", options.ToString());
    }
}
