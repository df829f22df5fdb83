using MeetOperator.Kube;
using MeetOperator.Operator.Webhook.Certificates;

namespace MeetOperator.Operator.Tests.Webhook;

public sealed class AuthorityPlanTests
{
    private static readonly DateTimeOffset Start = new(2026, 1, 1, 12, 0, 0, TimeSpan.Zero);

    [Fact]
    public void Advance_Young_DoesNothing()
    {
        var stored = Fresh(Start);

        Assert.Same(stored, Advance(stored, stored.Bundle, Start.AddDays(200)));
    }

    [Fact]
    public void Advance_TwoThirdsOfItsLife_AddsTheNextWithoutSigningWithIt()
    {
        var stored = Fresh(Start);

        var advanced = Advance(stored, stored.Bundle, Start.AddDays(250));

        Assert.Same(stored.Signing, advanced.Signing);
        Assert.NotNull(advanced.Next);
        Assert.Equal(2, Authorities.Certificates(advanced.Bundle).Count);
    }

    [Fact]
    public void Advance_NextNotTrustedEverywhere_NeverSigns()
    {
        var now = Start.AddDays(250);
        var stored = Advance(Fresh(Start), string.Empty, now);

        Assert.Same(stored, Advance(stored, stored.Signing.CertificatePem, now.AddDays(30)));
    }

    [Fact]
    public void Advance_NextTrustedLongEnough_SignsAndTheFormerIsTrustedForAWhile()
    {
        var now = Start.AddDays(250);
        var waiting = Advance(Fresh(Start), string.Empty, now);
        var trusted = Advance(waiting, waiting.Bundle, now);
        Assert.Same(trusted, Advance(trusted, trusted.Bundle, now + AuthorityPlan.Settle - TimeSpan.FromSeconds(1)));

        var promoted = Advance(trusted, trusted.Bundle, now + AuthorityPlan.Settle);
        Assert.Equal(waiting.Next!.Thumbprint, promoted.Signing.Thumbprint);
        Assert.Equal(2, Authorities.Certificates(promoted.Bundle).Count);

        var retired = Advance(promoted, promoted.Bundle, now + AuthorityPlan.Settle + AuthorityPlan.Retire);
        Assert.Equal(promoted.Signing.CertificatePem, Assert.Single(Authorities.Certificates(retired.Bundle)).ExportCertificatePem());
    }

    [Fact]
    public void Advance_LostOrExpired_MakesAnotherAndTrustsWhatWasTrusted()
    {
        var former = Fresh(Start);

        var lost = Advance(null, former.Bundle, Start.AddDays(1));
        Assert.Equal(2, Authorities.Certificates(lost.Bundle).Count);

        var expired = Advance(former, former.Bundle, Start.AddDays(400));
        Assert.Single(Authorities.Certificates(expired.Bundle));
        Assert.NotEqual(former.Signing.Thumbprint, expired.Signing.Thumbprint);
    }

    [Fact]
    public void Secret_WrittenAndRead_IsTheSameInEveryState()
    {
        var now = Start.AddDays(250);
        var waiting = Advance(Fresh(Start), string.Empty, now);
        var trusted = Advance(waiting, waiting.Bundle, now);
        var promoted = Advance(trusted, trusted.Bundle, now + AuthorityPlan.Settle);

        foreach (var state in (Authorities[])[waiting, trusted, promoted])
        {
            var read = Authorities.TryRead(state.ToSecret(new NamespacedName("meet-system", "meet-webhook-ca"), null))!;
            Assert.Equal(state.Bundle, read.Bundle);
            Assert.Equal((state.NextTrustedSince, state.FormerUntil), (read.NextTrustedSince, read.FormerUntil));
            Assert.Equal(state.Next?.Thumbprint, read.Next?.Thumbprint);
        }
    }

    private static Authorities Fresh(DateTimeOffset now) => Advance(null, string.Empty, now);

    private static Authorities Advance(Authorities? stored, string trusted, DateTimeOffset now) =>
        AuthorityPlan.Advance(stored, trusted, now, () => Authority.Create("test", now, AuthorityPlan.Lifetime));
}
