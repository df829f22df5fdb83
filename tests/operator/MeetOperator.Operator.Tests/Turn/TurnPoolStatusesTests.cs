using MeetOperator.Contracts.Naming;
using MeetOperator.Contracts.TurnPools;
using MeetOperator.Kube.Metadata;
using MeetOperator.Kube.Runtime.Objects;
using MeetOperator.Operator.Fleet;
using MeetOperator.Operator.Kinds.TurnPools;

namespace MeetOperator.Operator.Tests.Turn;

public sealed class TurnPoolStatusesTests
{
    private static readonly DateTimeOffset Now = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);
    private static readonly TurnPool Pool = new() { Metadata = new ObjectMeta { Name = "edge", Namespace = "meet-a", Uid = "1", Generation = 3 }, Spec = new TurnPoolSpec { Replicas = 2 } };
    private static readonly TurnRecord Record = new() { Keys = [new TurnKey(4, "s", Now)], KeyVersion = 4 };

    private static Relay Relay(string name) => new() { Name = name, IsCurrent = true, IsReady = true, HasAnswered = true, Allocations = 2, Urls = [$"turn:{name}:3478"] };

    private static TurnPoolStatus Build(params Relay[] relays) => TurnPoolStatuses.Build(Pool, relays, Record, 5, null, Now);

    [Fact]
    public void Build_AllWork_IsReady()
    {
        var status = Build(Relay("a"), Relay("b"));
        Assert.True(Conditions.IsTrue(status.Conditions, MeetConditions.Ready));
        Assert.Null(Conditions.Get(status.Conditions, MeetConditions.Reconciling));
        Assert.Equal((2, 2, 0, 4, 5, 4), (status.Replicas, status.ReadyReplicas, status.DrainingReplicas, status.Allocations, status.Peers, status.KeyVersion));
        Assert.Equal(Now.AddHours(24), status.NextRotation);
        Assert.Equal(["turn:a:3478", "turn:b:3478"], status.Endpoints);
    }

    [Fact]
    public void Build_OneDoesNotWork_SaysWhy()
    {
        var status = Build(Relay("a"), Relay("b") with { IsReady = false, Problem = "coturn does not respond" });
        Assert.False(Conditions.IsTrue(status.Conditions, MeetConditions.Ready));
        Assert.Equal("1 of 2 relays take participants; b: coturn does not respond", status.Message);
        Assert.NotNull(Conditions.Get(status.Conditions, MeetConditions.Reconciling));
    }

    [Fact]
    public void Build_OneDrains_IsReadyAndReconciling()
    {
        var status = Build(Relay("a"), Relay("b"), Relay("c") with { DrainSince = Now });
        Assert.True(Conditions.IsTrue(status.Conditions, MeetConditions.Ready));
        Assert.Equal("RelaysReplaced", Conditions.Get(status.Conditions, MeetConditions.Reconciling)?.Reason);
        Assert.Equal((2, 1, 6), (status.Replicas, status.DrainingReplicas, status.Allocations));
        Assert.DoesNotContain("turn:c:3478", status.Endpoints);
    }

    [Fact]
    public void Build_PodDoesNotRun_IsStalledWithReasonAndFix()
    {
        var status = Build(Relay("a"), Relay("b") with { IsReady = false, Failure = new NodeFailure("PortsTaken", "lower spec.replicas") });
        var stalled = Conditions.Get(status.Conditions, MeetConditions.Stalled);
        Assert.Equal(("PortsTaken", "b: lower spec.replicas"), (stalled?.Reason, stalled?.Message));
        Assert.Equal("PortsTaken", Conditions.Get(status.Conditions, MeetConditions.Ready)?.Reason);
    }

    /// <summary>The next relay waits for the port of the one that drains, which is no failure.</summary>
    [Fact]
    public void Build_PodDoesNotRunWhileAnotherLeaves_IsReconciling()
    {
        var status = Build(Relay("a"), Relay("b") with { DrainSince = Now }, Relay("c") with { IsReady = false, Failure = new NodeFailure("PortsTaken", "lower spec.replicas") });
        Assert.Null(Conditions.Get(status.Conditions, MeetConditions.Stalled));
        Assert.NotNull(Conditions.Get(status.Conditions, MeetConditions.Reconciling));
    }

    [Theory]
    [InlineData(-44, "about 40 s behind that of the operator, so credentials end too late")]
    [InlineData(61, "about 60 s ahead of that of the operator, so credentials end too early")]
    public void Build_ClockDiffers_HasConditionWithFix(int seconds, string expected)
    {
        var status = Build(Relay("a"), Relay("b") with { ClockAhead = TimeSpan.FromSeconds(seconds) });
        var skewed = Conditions.Get(status.Conditions, MeetConditions.ClockSkewed)!;
        Assert.Contains($"the clock of relay b is {expected}", skewed.Message, StringComparison.Ordinal);
        Assert.Equal(skewed.Message, status.Message);
        Assert.True(Conditions.IsTrue(status.Conditions, MeetConditions.Ready));
    }

    [Fact]
    public void Build_ClockDiffersLittle_HasNoCondition() =>
        Assert.Null(Conditions.Get(Build(Relay("a") with { ClockAhead = TimeSpan.FromSeconds(-30) }, Relay("b") with { ClockAhead = TimeSpan.FromSeconds(30) }).Conditions, MeetConditions.ClockSkewed));

    [Fact]
    public void Build_RelayIsFull_HasConditionWithFix()
    {
        var status = Build(Relay("a"), Relay("b") with { IsFull = true });
        Assert.StartsWith("1 of 2 relays has all 4000 allocations of limits.allocationsPerRelay", Conditions.Get(status.Conditions, MeetConditions.RelaysFull)?.Message, StringComparison.Ordinal);
        Assert.Contains("raise spec.replicas", status.Message, StringComparison.Ordinal);
        Assert.Null(Conditions.Get(Build(Relay("a"), Relay("b")).Conditions, MeetConditions.RelaysFull));
    }

    [Theory]
    [InlineData(90, null, null)]
    [InlineData(6, null, "ExpiresSoon")]
    [InlineData(-1, "Expired", null)]
    public void Build_Certificate_IsReportedAndPoolStaysReady(int days, string? unusable, string? expiring)
    {
        var status = TurnPoolStatuses.Build(Pool, [Relay("a"), Relay("b")], Record, 5, null, Now, Certificate(days));
        Assert.Equal((unusable, expiring), (Conditions.Get(status.Conditions, MeetConditions.CertificateUnusable)?.Reason, Conditions.Get(status.Conditions, MeetConditions.CertificateExpiring)?.Reason));
        Assert.True(Conditions.IsTrue(status.Conditions, MeetConditions.Ready));
        Assert.Equal(days < 7, status.Message!.Contains("replace the Secret", StringComparison.Ordinal));
    }

    [Fact]
    public void Build_SecretLost_IsReportedUntilFormerCredentialsHaveEnded()
    {
        var lost = SecretLoss.Describe(new NamespacedName("meet-system", "meet-turn"), Record, Pool.Spec.Auth);
        var first = TurnPoolStatuses.Build(Pool, [Relay("a"), Relay("b")], Record, 5, null, Now, lost: lost);
        Assert.True(Conditions.IsTrue(first.Conditions, MeetConditions.Ready));
        Assert.Contains("Secret meet-system/meet-turn no longer had the secrets of this pool, so credentials are made with a new one, version 4. Calls go on", first.Message, StringComparison.Ordinal);

        Assert.Equal(first.Message, Later(first, Pool.Spec.Auth.OverlapSeconds - 1).Message);
        Assert.Null(Conditions.Get(Later(first, Pool.Spec.Auth.OverlapSeconds).Conditions, MeetConditions.SecretLost));
        Assert.Equal(Now.AddMinutes(5), Conditions.Get(Later(first, 300, lost).Conditions, MeetConditions.SecretLost)!.LastTransitionTime); // a further loss

        static TurnPoolStatus Later(TurnPoolStatus before, int seconds, NodeFailure? lost = null) =>
            TurnPoolStatuses.Build(new TurnPool { Metadata = Pool.Metadata, Spec = Pool.Spec, Status = before }, [Relay("a"), Relay("b")], Record, 5, null, Now.AddSeconds(seconds), lost: lost);
    }

    [Fact]
    public void Build_RelayRefusesCertificate_NamesIt()
    {
        var status = TurnPoolStatuses.Build(Pool, [Relay("a"), Relay("b") with { CertificateRefusal = "it is not valid before tomorrow" }], Record, 5, null, Now, Certificate(90));
        Assert.Contains("relay b refuses the certificate of Secret meet-a/relay-tls (it is not valid before tomorrow)", Conditions.Get(status.Conditions, MeetConditions.CertificateUnusable)!.Message, StringComparison.Ordinal);
    }

    /// <summary>The API server would refuse the status, and an administrator reads it in a terminal.</summary>
    [Fact]
    public void Build_LongRefusalWithControlCharacters_IsShortenedAndPrintable()
    {
        var status = TurnPoolStatuses.Build(Pool, [Relay("a"), Relay("b") with { CertificateRefusal = $"\u001b[31m\n{new string('x', 5_000)}" }], Record, 5, null, Now, Certificate(90));
        foreach (var message in (string[])[status.Message!, Conditions.Get(status.Conditions, MeetConditions.CertificateUnusable)!.Message!])
        {
            Assert.Equal(2048, message.Length);
            Assert.DoesNotContain(message, char.IsControl);
        }
    }

    [Fact]
    public void Build_RelaysClaimImpossibleAllocations_IsTheMost() =>
        Assert.Equal(int.MaxValue, Build(Relay("a") with { Allocations = int.MaxValue }, Relay("b") with { Allocations = int.MaxValue }).Allocations);

    /// <summary>All relays of a pool have one name.</summary>
    [Fact]
    public void Build_RelaysWithOneName_NamesItOnce() =>
        Assert.Equal(["turns:relay.example.com:443"], Build(Relay("a") with { Urls = ["turns:relay.example.com:443"] }, Relay("b") with { Urls = ["turns:relay.example.com:443"] }).Endpoints);

    private static TurnCertificate Certificate(int days) => new() { Place = "meet-a/relay-tls", ValidFrom = Now.AddDays(-30), ValidUntil = Now.AddDays(days) };

    [Fact]
    public void Build_RejectedWithRelays_SaysThatTheyDrain()
    {
        var status = TurnPoolStatuses.Build(Pool, [Relay("a") with { DrainSince = Now }], Record, 1, new NodeFailure("NamespaceNotAllowed", "move the pool"), Now);
        Assert.Equal(("move the pool; 1 of its relays is being drained", 1, 2), (status.Message, status.DrainingReplicas, status.Allocations));
        Assert.Equal("NamespaceNotAllowed", Conditions.Get(status.Conditions, MeetConditions.Stalled)?.Reason);
        Assert.Empty(status.Endpoints);
    }

    [Fact]
    public void Build_Rejected_IsStalled()
    {
        var status = TurnPoolStatuses.Build(Pool, [], null, 0, new NodeFailure("NamespaceNotAllowed", "move the pool"), Now);
        Assert.Equal("NamespaceNotAllowed", Conditions.Get(status.Conditions, MeetConditions.Stalled)?.Reason);
        Assert.Equal(("move the pool", 0), (status.Message, status.KeyVersion));
    }
}
