using MeetOperator.Contracts.TurnPools;
using MeetOperator.Operator.Kinds.TurnPools;

namespace MeetOperator.Operator.Tests.Turn;

public sealed class TurnKeyPlanTests
{
    private static readonly DateTimeOffset Start = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);
    private static readonly TurnAuth Auth = new() { RotationHours = 24, OverlapSeconds = 3600 };
    private int _created;

    private TurnRecord Prepare(TurnRecord record, DateTimeOffset now) => TurnKeyPlan.Prepare(record, Auth, now, () => $"secret-{++_created}");

    [Fact]
    public void Prepare_NewPool_CreatesSecretAndUsesIt()
    {
        var record = Prepare(new TurnRecord(), Start);
        Assert.Equal((1, "secret-1"), (record.KeyVersion, record.Key?.Secret));
    }

    [Fact]
    public void Prepare_Repeated_ChangesNothing()
    {
        var record = Prepare(new TurnRecord(), Start);
        Assert.Equal(record.Keys, Prepare(record, Start.AddHours(23)).Keys);
    }

    [Fact]
    public void Prepare_SecretTooOld_AddsAnotherOnceAndStillUsesFormer()
    {
        var record = Prepare(Prepare(Prepare(new TurnRecord(), Start), Start.AddHours(24)), Start.AddHours(25));
        Assert.Equal([1, 2], record.Keys.Select(key => key.Version));
        Assert.Equal(1, record.KeyVersion);
    }

    [Fact]
    public void Promote_RelayWithoutNewest_KeepsFormer()
    {
        var record = Prepare(Prepare(new TurnRecord(), Start), Start.AddHours(24));
        Assert.Equal(1, TurnKeyPlan.Promote(record, haveAllNewest: false, Start.AddHours(24)).KeyVersion);
    }

    [Fact]
    public void Promote_AllHaveNewest_UsesItAndAcceptsFormerUntilOverlapEnds()
    {
        var promoted = TurnKeyPlan.Promote(Prepare(Prepare(new TurnRecord(), Start), Start.AddHours(24)), haveAllNewest: true, Start.AddHours(24));
        Assert.Equal((2, "secret-2"), (promoted.KeyVersion, promoted.Key?.Secret));
        Assert.Equal([1, 2], Prepare(promoted, Start.AddHours(24).AddSeconds(3599)).Keys.Select(key => key.Version));
        Assert.Equal([2], Prepare(promoted, Start.AddHours(24).AddSeconds(3600)).Keys.Select(key => key.Version));
    }

    [Fact]
    public void Promote_NothingNewer_ChangesNothing()
    {
        var record = Prepare(new TurnRecord(), Start);
        Assert.Same(record, TurnKeyPlan.Promote(record, haveAllNewest: true, Start.AddHours(30)));
    }

    /// <summary>Settings at the limit of what is valid.</summary>
    [Fact]
    public void Prepare_LongestOverlap_NeverHasMoreSecretsThanRelaysAccept()
    {
        var (record, auth, most) = (new TurnRecord(), new TurnAuth { RotationHours = 1, OverlapSeconds = 14 * 3600 }, 0);
        for (var now = Start; now < Start.AddHours(60); now = now.AddSeconds(450))
        {
            record = TurnKeyPlan.Prepare(TurnKeyPlan.Promote(record, haveAllNewest: true, now), auth, now, () => $"secret-{++_created}");
            most = Math.Max(most, record.Keys.Count);
        }

        Assert.InRange(most, 15, 16);
        Assert.Equal(60, record.KeyVersion);
    }

    /// <summary>The overlap was short while the secrets were replaced, and is long now.</summary>
    [Fact]
    public void Prepare_SixteenSecretsAreAccepted_RotationWaits()
    {
        TurnKey[] former = [.. Enumerable.Range(1, 15).Select(version => new TurnKey(version, $"former-{version}", Start, Start.AddHours(24)))];
        var record = new TurnRecord { Keys = [.. former, new TurnKey(16, "used", Start.AddHours(24))], KeyVersion = 16 };
        var auth = Auth with { OverlapSeconds = 7 * 24 * 3600 };

        Assert.Equal(16, TurnKeyPlan.Prepare(record, auth, Start.AddHours(72), () => "next").Keys.Count);
        Assert.Equal([16, 17], TurnKeyPlan.Prepare(record, auth, Start.AddHours(24 * 8), () => "next").Keys.Select(key => key.Version));
    }

    [Fact]
    public void Recover_NothingLost_IsNull()
    {
        var record = Prepare(new TurnRecord(), Start);
        Assert.Null(TurnKeyPlan.Recover(record, record, used: 1, Start));
        Assert.Null(TurnKeyPlan.Recover(record, known: null, used: 0, Start)); // the status is not written yet
        Assert.Null(TurnKeyPlan.Recover(new TurnRecord(), known: null, used: 0, Start));
    }

    [Fact]
    public void Recover_SecretsAreKnown_AcceptsThemUntilOverlapEnds()
    {
        var known = Prepare(Prepare(new TurnRecord(), Start), Start.AddHours(24)) with { Relays = [new TurnRelay("a", ["turn:a"])] };

        var next = Prepare(TurnKeyPlan.Recover(new TurnRecord { Uid = "1" }, known, used: 1, Start.AddHours(24))!, Start.AddHours(24));

        Assert.Equal(("1", 3, "secret-3"), (next.Uid, next.KeyVersion, next.Key?.Secret));
        Assert.Equal(["secret-1", "secret-2", "secret-3"], next.Keys.Select(key => key.Secret));
        Assert.Empty(next.Relays);
        Assert.Equal([3], Prepare(next, Start.AddHours(24).AddSeconds(3600)).Keys.Select(key => key.Version));
    }

    /// <summary>Another operator has made them, or somebody has restored a former state of the Secret.</summary>
    [Theory]
    [InlineData(0)]
    [InlineData(4)]
    public void Recover_SecretsAreUnknown_ContinuesAfterVersionOfStatus(int stored)
    {
        TurnKey[] keys = stored == 0 ? [] : [new TurnKey(stored, "restored", Start)];
        var next = Prepare(TurnKeyPlan.Recover(new TurnRecord { Keys = keys, KeyVersion = stored }, known: null, used: 7, Start)!, Start);
        Assert.Equal((8, "secret-1"), (next.KeyVersion, Assert.Single(next.Keys).Secret));
    }

    /// <summary>A Secret that was emptied must not lead to a version that relays or signaling have seen with another secret.</summary>
    [Fact]
    public void Prepare_SecretsLost_ContinuesWithHigherVersion() => Assert.Equal(8, Prepare(new TurnRecord { KeyVersion = 7 }, Start).KeyVersion);
}
