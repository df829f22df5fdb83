using System.Net.Security;
using MeetOperator.KubectlMeet.Reachability;
using MeetOperator.Stun;

namespace MeetOperator.KubectlMeet.Tests;

/// <summary>What a step that fails means, and what to do.</summary>
public sealed class TurnRulesTests
{
    private static readonly DateTimeOffset Now = new(2026, 11, 30, 10, 0, 0, TimeSpan.Zero);
    private static readonly TurnUrl Tls = new("relay.example.com", 443, StunTransport.Tls);
    private static readonly TurnUrl Udp = new("203.0.113.7", 3478, StunTransport.Udp);

    [Fact]
    public void Objection_ExpiredCertificate_SaysWhenItEnded() =>
        Assert.Equal("the certificate ended at 2026-11-29 10:00 UTC", TurnRules.Objection(SslPolicyErrors.RemoteCertificateChainErrors, "relay.example.com", "CN=relay.example.com", Now.AddDays(-1), Now));

    [Fact]
    public void Objection_OtherName_NamesBoth() =>
        Assert.Equal("the certificate (CN=proxy.local) is not valid for relay.example.com", TurnRules.Objection(SslPolicyErrors.RemoteCertificateNameMismatch | SslPolicyErrors.RemoteCertificateChainErrors, "relay.example.com", "CN=proxy.local", Now.AddDays(1), Now));

    [Fact]
    public void Objection_UnknownAuthority_SaysSo() =>
        Assert.Equal("the certificate (CN=relay.example.com) is not of an authority that is trusted here", TurnRules.Objection(SslPolicyErrors.RemoteCertificateChainErrors, "relay.example.com", "CN=relay.example.com", Now.AddDays(1), Now));

    [Fact]
    public void Objection_GoodCertificate_IsNull() => Assert.Null(TurnRules.Objection(SslPolicyErrors.None, "relay.example.com", "CN=relay.example.com", Now.AddDays(1), Now));

    /// <summary>Every step and error says what to do.</summary>
    [Fact]
    public void Failed_EveryStep_HasAMessageAndAFix()
    {
        foreach (var step in Enum.GetValues<TurnStep>().Where(step => step != TurnStep.Done))
        {
            foreach (var code in (int[])[TurnClient.NoResponse, 0, 400, 401, 403, 437, 440, 486, 508])
            {
                var (message, fix) = TurnRules.Failed(step, Tls, code, "why");
                Assert.True(message.Length > 10 && fix.Length > 0 && !message.EndsWith(": ", StringComparison.Ordinal), $"{step} {code}: {message}: {fix}");
            }
        }
    }

    [Theory]
    [InlineData(TurnStep.Allocate, 486, "the relay answers with error 486", "raise spec.replicas or spec.limits.allocationsPerRelay")]
    [InlineData(TurnStep.Allocate, 401, "the relay answers with error 401", "synchronize the clocks")]
    [InlineData(TurnStep.Permit, 403, "the relay forwards to none of the media nodes that were tried", "status.peers")]
    [InlineData(TurnStep.Answer, -1, "the relay does not answer", "let UDP 3478 out of this network")]
    public void Failed_KnownError_SaysWhatItMeans(object step, int code, string message, string fix)
    {
        var failed = TurnRules.Failed((TurnStep)step, Udp, code);

        Assert.Equal(message, failed.Message);
        Assert.Contains(fix, failed.Fix, StringComparison.Ordinal);
    }

    [Fact]
    public void Issue_Credential_IsShortAndHasNoPasswordInItsText()
    {
        var credential = RelayCredential.Issue("north", "abc", Now);

        Assert.Equal($"{Now.AddMinutes(2).ToUnixTimeSeconds()}:check:abc", credential.Username);
        Assert.DoesNotContain(credential.Password, credential.ToString(), StringComparison.Ordinal);
    }
}
