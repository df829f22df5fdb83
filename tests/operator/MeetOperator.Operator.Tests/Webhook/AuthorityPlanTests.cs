using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using MeetOperator.Kube.Core;
using MeetOperator.Kube.Metadata;
using MeetOperator.Operator.Certificates;

namespace MeetOperator.Operator.Tests.Webhook;

public sealed class AuthorityPlanTests
{
    private static readonly DateTimeOffset Start = new(2026, 1, 1, 12, 0, 0, TimeSpan.Zero);

    [Fact]
    public void Advance_NewAuthority_DoesNothing()
    {
        var stored = Fresh(Start);

        Assert.Same(stored, Advance(stored, stored.Bundle, Start.AddDays(200)));
    }

    [Fact]
    public void Advance_TwoThirdsOfLifetime_AddsNextWithoutSigning()
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
    public void Advance_NextTrustedLongEnough_SignsAndKeepsFormerTrusted()
    {
        var now = Start.AddDays(250);
        var waiting = Advance(Fresh(Start), string.Empty, now);
        var trusted = Advance(waiting, waiting.Bundle, now);
        Assert.Same(trusted, Advance(trusted, trusted.Bundle, now + AuthorityPlan.TrustDelay - TimeSpan.FromSeconds(1)));

        var promoted = Advance(trusted, trusted.Bundle, now + AuthorityPlan.TrustDelay);
        Assert.Equal(waiting.Next!.Thumbprint, promoted.Signing.Thumbprint);
        Assert.Equal(2, Authorities.Certificates(promoted.Bundle).Count);

        var retired = Advance(promoted, promoted.Bundle, now + AuthorityPlan.TrustDelay + AuthorityPlan.Retire);
        Assert.Equal(promoted.Signing.CertificatePem, Assert.Single(Authorities.Certificates(retired.Bundle)).ExportCertificatePem());
    }

    [Fact]
    public void Advance_LostOrExpired_CreatesAuthorityAndKeepsTrust()
    {
        var former = Fresh(Start);

        var lost = Advance(null, former.Bundle, Start.AddDays(1));
        Assert.Equal(2, Authorities.Certificates(lost.Bundle).Count);

        var expired = Advance(former, former.Bundle, Start.AddDays(400));
        Assert.Single(Authorities.Certificates(expired.Bundle));
        Assert.NotEqual(former.Signing.Thumbprint, expired.Signing.Thumbprint);
    }

    [Fact]
    public void Advance_ExpiredDuringRotation_SignsWithNext()
    {
        var waiting = Advance(Fresh(Start), string.Empty, Start.AddDays(250));

        var advanced = Advance(waiting, string.Empty, Start.AddDays(366));

        Assert.Equal(waiting.Next!.Thumbprint, advanced.Signing.Thumbprint);
        Assert.Null(advanced.Former);
    }

    [Fact]
    public void Advance_CreatedByClockFarAhead_IsReplaced()
    {
        var ahead = Fresh(Start.AddDays(400));

        Assert.NotEqual(ahead.Signing.Thumbprint, Advance(ahead, ahead.Bundle, Start).Signing.Thumbprint);
    }

    [Fact]
    public void Advance_RequestedDuringRotation_ReplacesNext()
    {
        var now = Start.AddDays(250);
        var waiting = Advance(Fresh(Start), string.Empty, now);
        var trusted = Advance(waiting, waiting.Bundle, now);

        var asked = Advance(trusted, trusted.Bundle, now + AuthorityPlan.TrustDelay, new Rotation { IsRequested = true });

        Assert.Equal((waiting.Signing.Thumbprint, null), (asked.Signing.Thumbprint, asked.NextTrustedSince));
        Assert.NotEqual(waiting.Next!.Thumbprint, asked.Next!.Thumbprint);
    }

    [Fact]
    public void Advance_Delayed_ContinuesAfterMaxWait()
    {
        var now = Start.AddDays(250);
        var patient = new Rotation { MaxWait = TimeSpan.FromHours(1) };
        var waiting = Advance(Fresh(Start), string.Empty, now, patient);
        Assert.Same(waiting, Advance(waiting, string.Empty, now + TimeSpan.FromMinutes(59), patient));

        var given = Advance(waiting, string.Empty, now + TimeSpan.FromHours(1), patient);
        Assert.NotNull(given.NextTrustedSince);
        Assert.Equal(waiting.Next!.Thumbprint, Advance(given, string.Empty, now + TimeSpan.FromHours(1) + AuthorityPlan.TrustDelay, patient).Signing.Thumbprint);
    }

    [Fact]
    public void Advance_TrustLostBeforeSigning_Waits()
    {
        var now = Start.AddDays(250);
        var waiting = Advance(Fresh(Start), string.Empty, now);
        var trusted = Advance(waiting, waiting.Bundle, now);

        Assert.Same(trusted, Advance(trusted, string.Empty, now + AuthorityPlan.TrustDelay));
    }

    [Fact]
    public void Advance_FormerStillInUse_StaysTrusted()
    {
        var now = Start.AddDays(250);
        var waiting = Advance(Fresh(Start), string.Empty, now);
        var promoted = Advance(Advance(waiting, waiting.Bundle, now), waiting.Bundle, now + AuthorityPlan.TrustDelay);
        var used = new Rotation { IsFormerUsed = true, MaxWait = TimeSpan.FromHours(1) };

        Assert.Same(promoted, Advance(promoted, string.Empty, promoted.FormerUntil!.Value, used));
        Assert.Null(Advance(promoted, string.Empty, promoted.FormerUntil.Value + TimeSpan.FromHours(1), used).Former);
    }

    [Fact]
    public void TryRead_NotAnAuthority_ReturnsNull()
    {
        var made = Authority.Create("test", Start, AuthorityPlan.Lifetime);
        using var leaf = made.Issue(["node"], Start, TimeSpan.FromDays(1));
        using var leafKey = leaf.GetECDsaPrivateKey()!;
        using var rsa = RSA.Create(2048);
        using var other = new CertificateRequest("CN=rsa", rsa, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1).CreateSelfSigned(Start, Start.AddDays(1));

        Assert.NotNull(Authority.TryRead(made.CertificatePem, made.ExportKeyPem()));
        Assert.Null(Authority.TryRead(leaf.ExportCertificatePem(), leafKey.ExportPkcs8PrivateKeyPem()));
        Assert.Null(Authority.TryRead(other.ExportCertificatePem(), rsa.ExportPkcs8PrivateKeyPem()));
    }

    [Fact]
    public void TryRead_FormerDamaged_IgnoresFormer()
    {
        var secret = Fresh(Start).ToSecret(new NamespacedName("meet-system", "meet-webhook-ca"), null);
        secret.Data!["former.crt"] = Convert.ToBase64String("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----"u8);

        Assert.Null(Authorities.TryRead(secret)!.Former);
    }

    [Fact]
    public void ToSecret_EveryState_RoundTrips()
    {
        var now = Start.AddDays(250);
        var waiting = Advance(Fresh(Start), string.Empty, now);
        var trusted = Advance(waiting, waiting.Bundle, now);
        var promoted = Advance(trusted, trusted.Bundle, now + AuthorityPlan.TrustDelay);

        foreach (var state in (Authorities[])[waiting, trusted, promoted])
        {
            var read = Authorities.TryRead(state.ToSecret(new NamespacedName("meet-system", "meet-webhook-ca"), null))!;
            Assert.Equal(state.Bundle, read.Bundle);
            Assert.Equal((state.NextTrustedSince, state.FormerUntil), (read.NextTrustedSince, read.FormerUntil));
            Assert.Equal(state.Next?.Thumbprint, read.Next?.Thumbprint);
        }
    }

    private static Authorities Fresh(DateTimeOffset now) => Advance(null, string.Empty, now);

    private static Authorities Advance(Authorities? stored, string trusted, DateTimeOffset now, Rotation rotation = default) =>
        AuthorityPlan.Advance(stored, trusted, now, () => Authority.Create("test", now, AuthorityPlan.Lifetime), rotation);
}
